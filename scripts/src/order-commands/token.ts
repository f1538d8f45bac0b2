import { signToken } from '@chorus/stack'
import { InvalidArgumentError, type Command } from 'commander'
import { settingsFor, withHome, type HomeOptions } from '../stack-commands/options.js'

interface TokenOptions extends HomeOptions {
  readonly admin?: boolean
  readonly ttl: number
}

function secondsOf(text: string): number {
  const seconds = Number(text)
  if (!Number.isInteger(seconds) || seconds < 1)
    throw new InvalidArgumentError('It must be a whole number from 1.')
  return seconds
}

/** `chorus token`: access tokens for development, signed with the key that the stack made. */
export function registerToken(program: Command): void {
  withHome(program.command('token <userId>'))
    .description('print an access token for the services of this stack')
    .option('--admin', 'with the role admin')
    .option('--ttl <seconds>', 'how long it is valid', secondsOf, 3600)
    .action(async (userId: string, options: TokenOptions) => {
      const { home } = settingsFor(options)
      const admin = options.admin ?? false
      console.log(await signToken(home, { userId, admin, ttlSeconds: options.ttl }))
    })
}
