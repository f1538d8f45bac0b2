import { readRun, StackError } from '@chorus/stack'
import type { Command } from 'commander'
import { examine } from '../doctor/doctor.js'
import { settingsFor, withHome, type HomeOptions } from '../stack-commands/options.js'

/** `chorus doctor`: exit code 0 when nothing is wrong, else 1. Changes nothing. */
export function registerDoctor(program: Command): void {
  withHome(program.command('doctor'))
    .description('look for every known way to be quietly broken, and say what mends it')
    .option('--json', 'as JSON')
    .action(async (options: HomeOptions & { json?: boolean }) => {
      const { home } = settingsFor(options)
      const run = readRun(home)
      if (!run) throw new StackError('Chorus is not running', `Nothing runs from ${home}.`, 'npx chorus up')
      const diagnoses = await examine(run)
      const troubles = diagnoses.flatMap((one) => one.troubles)
      process.exitCode = troubles.length > 0 ? 1 : 0
      if (options.json)
        return console.log(JSON.stringify({ well: troubles.length === 0, diagnoses }, null, 2))
      for (const { check, troubles } of diagnoses) {
        console.log(`${troubles.length === 0 ? 'well   ' : 'TROUBLE'}  ${check}`)
        for (const { part, what, mend } of troubles)
          console.log(`         ${part}: ${what}\n           ${mend}`)
      }
    })
}
