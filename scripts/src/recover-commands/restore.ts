import { setBack } from '@chorus/chassis/operate'
import { Argument, type Command } from 'commander'
import { planRestore, restore, type Plan, type Restored } from '../backup/restore.js'
import { runIn } from '../client.js'
import { settingsFor, withHome, type HomeOptions } from '../stack-commands/options.js'
import { operatedService, serviceNames } from './operated.js'

interface Options extends HomeOptions {
  readonly yes?: boolean
  readonly json?: boolean
}

function printPlan({ takenAt, rows, moves }: Plan, name: string, file: string): void {
  for (const [table, count] of Object.entries(rows)) console.log(`${table}: ${count} rows`)
  console.log(`Would put them, as of ${takenAt}, in the place of what ${name} holds, fold what its topic`)
  console.log(`knows since, and set its group back by ${setBack(moves)} events.`)
  console.log(`Nothing was changed. To do it: npx chorus restore ${name} ${file} --yes`)
}

function printRestored({ takenAt, rows, moves, folded, streamed, lockedMs }: Restored): void {
  for (const [table, count] of Object.entries(rows)) console.log(`${table}: ${count} rows`)
  console.log(`As of ${takenAt}; ${folded} facts came later and were folded.`)
  console.log(`${setBack(moves)} events will come again; the inbox drops what it knows.`)
  console.log(`The service waited ${(lockedMs / 1000).toFixed(1)} s.`)
  if (!streamed)
    console.log('There was no replication slot: what was committed but not yet streamed is lost.')
}

/** `chorus restore`: exit code 1 when the backup does not fit, or the topic has gaps. */
export function registerRestore(program: Command): void {
  withHome(program.command('restore'))
    .description('put a backup into the database of a service; without --yes it only says what it would do')
    .addArgument(new Argument('<service>').choices(serviceNames))
    .argument('<file>', 'made by chorus backup')
    .option('--yes', 'do it')
    .option('--json', 'as JSON')
    .action(async (name: string, path: string, { yes = false, json, ...options }: Options) => {
      const asked = { ...(await operatedService(runIn(settingsFor(options).home), name)), path }
      const report = yes ? await restore(asked) : await planRestore(asked)
      if (json) console.log(JSON.stringify({ done: yes, ...report }, null, 2))
      else if (yes) printRestored(report as Restored)
      else printPlan(report, name, path)
    })
}
