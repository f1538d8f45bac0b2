import { StackError, launcherLives, layoutOf, livingParts, readRun } from '@chorus/stack'
import type { Command } from 'commander'
import { rm } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { settingsFor, withHome, type HomeOptions } from './options.js'

/** `chorus reset`. */
export function registerReset(program: Command): void {
  withHome(program.command('reset'))
    .description('delete all data, logs and keys of a stopped stack (downloads stay)')
    .option('--yes', 'do not ask')
    .action(async (options: HomeOptions & { yes?: boolean }) => {
      const { home } = settingsFor(options)
      refuseWhileRunning(home)
      if (!options.yes && !(await confirmed(home))) {
        console.log('Nothing was deleted.')
        process.exitCode = 1
        return
      }
      const { data, logs, keys, run, runFile } = layoutOf(home)
      // only what Chorus made: the home folder itself may be somebody's own
      for (const path of [data, logs, keys, run, runFile]) await rm(path, { recursive: true, force: true })
      console.log(`Deleted the data, logs and keys in ${home}.`)
    })
}

function refuseWhileRunning(home: string): void {
  const run = readRun(home)
  if (!run) return
  const parts = livingParts(run).map(([name]) => name)
  if (!launcherLives(run) && parts.length === 0) return
  throw new StackError(
    'Chorus is running',
    `Still up: ${parts.join(', ') || 'the launcher'}.`,
    'npx chorus down',
  )
}

async function confirmed(home: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new StackError('Nothing was deleted', 'There is no terminal to ask on.', 'npx chorus reset --yes')
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    const answer = await terminal.question(`Delete all orders, events, logs and keys in ${home}? (yes/no) `)
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    terminal.close()
  }
}
