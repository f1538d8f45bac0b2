import { addressesOf, signToken, StackError, type RunFile } from '@chorus/stack'
import type { Command } from 'commander'
import { runIn } from '../client.js'
import { settingsFor, withHome, type HomeOptions } from '../stack-commands/options.js'

const CODE_LIVES_S = 600
/** The tracker takes such a token for a code that opens the console, once; nobody takes it for anything else. */
const AUDIENCE = 'chorus-console'

/**
 * An address that opens the console, once and within ten minutes.
 * @returns undefined when this run has no tracker
 */
export async function consoleUrl(run: RunFile): Promise<string | undefined> {
  const { tracker } = addressesOf(run)
  if (tracker === undefined) return undefined
  const code = await signToken(run.home, { userId: 'local', ttlSeconds: CODE_LIVES_S, audience: AUDIENCE })
  return `${tracker}/sign-in?code=${code}`
}

/** `chorus console`: whoever can read the keys of the stack may look at it. */
export function registerConsole(program: Command): void {
  withHome(program.command('console'))
    .description('print a link that opens the web console in a browser, once and within ten minutes')
    .action(async (options: HomeOptions) => {
      const run = runIn(settingsFor(options).home)
      const url = await consoleUrl(run)
      if (url === undefined)
        throw new StackError('There is no console', 'This run has no tracker.', 'npx chorus up')
      console.log(url)
    })
}
