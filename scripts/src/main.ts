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
for (const register of commands) register(program)

try {
  await program.parseAsync(process.argv)
} catch (error) {
  reportFailure(error, program.opts<{ verbose?: boolean }>().verbose ?? false)
  process.exitCode = 1
}
