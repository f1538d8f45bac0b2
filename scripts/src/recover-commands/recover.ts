import { movesBack, setBack } from '@chorus/chassis/operate'
import { Argument, type Command } from 'commander'
import { runIn } from '../client.js'
import { wholeNumber } from '../numbers.js'
import { progressLine } from '../progress-line.js'
import type { Account } from '../recover/rebuild.js'
import { recover, type Recovered } from '../recover/recover.js'
import { verify, type Compared, type Verified } from '../recover/verify.js'
import { settingsFor, withHome, type HomeOptions } from '../stack-commands/options.js'
import { operatedService, serviceNames, type OperatedService } from './operated.js'

interface Options extends HomeOptions {
  readonly verify?: boolean
  readonly yes?: boolean
  readonly margin: number
  readonly json?: boolean
}

const MINUTE_MS = 60_000

const show = ({ folded, projected }: Account) =>
  progressLine.show(`${folded} facts folded, ${projected} events projected`)

const read = ({ folded, projected, repeated, foreign }: Account, ms: number) =>
  `${folded} facts folded, ${projected} events projected in ${(ms / 1000).toFixed(1)} s` +
  ` (${repeated} came twice, ${foreign} were none).`

const isSame = ({ hash, rebuilt }: Compared) => hash === rebuilt.hash

function printVerified({ tables, gaps, foldMs, ...account }: Verified): void {
  for (const table of tables) {
    const verdict = isSame(table) ? 'same  ' : 'DIFFER'
    console.log(
      `${verdict}  ${table.table}: ${table.rows} rows, ${table.rebuilt.rows} rebuilt  ${table.hash}`,
    )
    for (const id of table.differing) console.log(`        ${id}`)
  }
  console.log(read(account, foldMs))
  if (gaps > 0) console.log(`${gaps} facts cannot be folded: one before them is not on the topic.`)
}

function printRecovered({ tables, inbox, moves, streamed, foldMs, lockedMs, ...account }: Recovered): void {
  for (const { table, rows, hash } of tables) console.log(`${table}: ${rows} rows  ${hash}`)
  console.log(read(account, foldMs))
  console.log(`The inbox knows ${inbox} ids. The service waited ${(lockedMs / 1000).toFixed(1)} s.`)
  console.log(`${setBack(moves)} events will come again; the inbox drops what it knows.`)
  if (!streamed)
    console.log('There was no replication slot: what was committed but not yet streamed is lost.')
}

async function verifyAndSay({ service, url, kafka }: OperatedService, json: boolean): Promise<void> {
  const verified = await verify(service, url, kafka, show).finally(progressLine.end)
  const same = verified.gaps === 0 && verified.tables.every(isSame)
  if (json) console.log(JSON.stringify({ same, ...verified }, null, 2))
  else printVerified(verified)
  process.exitCode = same ? 0 : 1
}

async function planAndSay(operated: OperatedService, margin: number, json: boolean): Promise<void> {
  const { service, group, kafka } = operated
  const moves = await movesBack(kafka, group, new Date(Date.now() - margin * MINUTE_MS))
  const tables = Object.values(service.tables).map(({ name }) => name)
  if (json) return console.log(JSON.stringify({ done: false, tables, moves }, null, 2))
  console.log(
    `Would rebuild ${tables.join(', ')} and the inbox of ${service.name}, and set its group back by`,
  )
  console.log(`${setBack(moves)} events (${margin} minutes). Requests wait or get 503 meanwhile.`)
  console.log(`Nothing was changed. To do it: npx chorus recover ${service.name} --yes`)
}

async function recoverAndSay(operated: OperatedService, margin: number, json: boolean): Promise<void> {
  const recovered = await recover({ ...operated, marginMs: margin * MINUTE_MS, onProgress: show }).finally(
    progressLine.end,
  )
  if (json) console.log(JSON.stringify({ done: true, ...recovered }, null, 2))
  else printRecovered(recovered)
}

/** `chorus recover`: exit code 1 when the tables cannot be rebuilt or, with --verify, differ. */
export function registerRecover(program: Command): void {
  withHome(program.command('recover'))
    .description('rebuild all tables of a service from topics; without --yes it only says what it would do')
    .addArgument(new Argument('<service>').choices(serviceNames))
    .option('--verify', 'rebuild them beside the live ones and compare; changes nothing')
    .option('--yes', 'do it')
    .option('--margin <minutes>', 'how far the consumer group is set back', wholeNumber, 60)
    .option('--json', 'as JSON')
    .action(async (name: string, options: Options) => {
      const operated = await operatedService(runIn(settingsFor(options).home), name)
      const { margin, json = false } = options
      if (options.verify) await verifyAndSay(operated, json)
      else if (options.yes) await recoverAndSay(operated, margin, json)
      else await planAndSay(operated, margin, json)
    })
}
