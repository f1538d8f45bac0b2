import { endProcess, endStale, launcherLives, readRun, removeRun, type RunFile } from '@chorus/stack'
import type { Command } from 'commander'
import { settingsFor, withHome, type HomeOptions } from './options.js'

/** Longer than the launcher's own limits for all parts together. */
const launcherMs = 80_000

/** `chorus down`. */
export function registerDown(program: Command): void {
  withHome(program.command('down'))
    .description('stop everything and wait until it is gone')
    .action(async (options: HomeOptions) => {
      const { home } = settingsFor(options)
      const run = readRun(home)
      if (run && launcherLives(run)) await endLauncher(run)
      const ended = await endStale(home, (text) => console.log(text))
      removeRun(home)
      console.log(run || ended.length > 0 ? 'Stopped.' : 'Nothing was running.')
    })
}

async function endLauncher({ launcher }: RunFile): Promise<void> {
  console.log('Stopping ...')
  if (!(await endProcess(launcher, 'SIGTERM', launcherMs)))
    console.log(`the launcher did not stop within ${launcherMs / 1000} s and was killed`)
}
