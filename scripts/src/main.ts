import { Command } from 'commander'
import { commands } from './commands.js'
import { reportFailure } from './failure.js'

// a terminal that is closed must not take the launcher with it before the parts are stopped
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})

const program = new Command('chorus')
  .description('Runs and operates the whole Chorus system on one machine.')
  .option('--verbose', 'show stack traces')
  .showHelpAfterError('(chorus --help shows all commands)')
const asked = process.argv.slice(2).find((word) => !word.startsWith('-'))
const known = Object.entries(commands).filter(([name]) => name === asked)
for (const [, load] of known.length > 0 ? known : Object.entries(commands)) (await load())(program)

try {
  await program.parseAsync(process.argv)
} catch (error) {
  reportFailure(error, program.opts<{ verbose?: boolean }>().verbose ?? false)
  process.exitCode = 1
}
