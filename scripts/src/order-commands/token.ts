import { signToken } from '@chorus/stack'
import type { Command } from 'commander'
import { wholeNumber } from '../numbers.js'
import { settingsFor, withHome, type HomeOptions } from '../stack-commands/options.js'

interface TokenOptions extends HomeOptions {
  readonly admin?: boolean
  readonly ttl: number
}

/** `chorus token`: access tokens for development, signed with the key that the stack made. */
export function registerToken(program: Command): void {
  withHome(program.command('token <userId>'))
    .description('print an access token for the services of this stack')
    .option('--admin', 'with the role admin')
    .option('--ttl <seconds>', 'how long it is valid', wholeNumber, 3600)
    .action(async (userId: string, options: TokenOptions) => {
      const { home } = settingsFor(options)
      const admin = options.admin ?? false
      console.log(await signToken(home, { userId, admin, ttlSeconds: options.ttl }))
    })
}
