import { setTimeout as pause } from 'node:timers/promises'
import {
  placeOf,
  type Choice,
  type DeadLetters,
  type Letter,
  type Letters,
  type Place,
} from '@chorus/chassis/operate'
import type { Command } from 'commander'
import { runIn } from '../client.js'
import { wholeNumber } from '../numbers.js'
import { settingsFor, withHome, type HomeOptions } from '../stack-commands/options.js'
import { lettersOf, placeIn } from './letters.js'

interface Options extends HomeOptions {
  readonly service?: string
  readonly key?: string
  readonly letter?: Place
  readonly limit: number
  readonly json?: boolean
  readonly yes?: boolean
  readonly wait: number
  readonly why: string
}

const lettersFor = ({ home, service }: Options) =>
  lettersOf(runIn(settingsFor(home === undefined ? {} : { home }).home), service)

const choiceOf = ({ key, letter }: Options): Choice => ({ ...letter, ...(key !== undefined && { key }) })

const summaryOf = (all: readonly Letters[]) => {
  const sum = (of: 'dead' | 'waiting' | 'keys') => all.reduce((total, one) => total + one[of], 0)
  return `${sum('dead')} dead, ${sum('waiting')} waiting behind them, ${sum('keys')} keys parked`
}

function lineOf(service: string, letter: Letter): string {
  const { state, reason, type, key, attempts, firstAt, lastAt, behind, released, detail } = letter
  const tries = attempts > 1 ? `, ${attempts} attempts, last at ${lastAt}` : ''
  const rest = behind > 0 ? `, ${behind} behind it` : ''
  return [
    `${service}  ${placeOf(letter)}  ${state}${released ? ' (let go)' : ''}  ${reason}  ${type ?? 'no type'}`,
    `    key ${key ?? 'none'}, since ${firstAt}${tries}${rest}`,
    ...(detail === null ? [] : [`    ${detail}`]),
  ].join('\n')
}

function print(all: readonly Letters[]): void {
  for (const { service, items } of all) for (const letter of items) console.log(lineOf(service, letter))
  console.log(`${summaryOf(all)}.`)
}

async function list(options: Options): Promise<void> {
  const all = await (await lettersFor(options)).find(choiceOf(options), options.limit)
  if (options.json) console.log(JSON.stringify(all, null, 2))
  else print(all)
}

async function show(service: string, place: Place, options: Options): Promise<void> {
  const [found] = await (await lettersFor({ ...options, service })).find(place, 1, { whole: true })
  const letter = found?.items[0]
  if (!letter) throw new Error(`${service} has set nothing aside at ${placeOf(place)}`)
  if (options.json) return console.log(JSON.stringify(letter, null, 2))
  console.log(lineOf(service, letter))
  for (const [name, value] of Object.entries(letter.headers ?? {})) console.log(`    ${name}: ${value}`)
  console.log(letter.payload ?? '(no value)')
}

/** Waits until what was let go is gone, or dead again. */
async function untilReleased(letters: DeadLetters, choice: Choice, waitMs: number): Promise<Letters[]> {
  const end = Date.now() + waitMs
  for (;;) {
    const all = await letters.find(choice, 500)
    const moving = all.some(({ dead, waiting, items }) =>
      dead === 0 ? waiting > 0 : items.some(({ released }) => released),
    )
    if (!moving || Date.now() > end) return all
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${summaryOf(all)}`)
    await pause(250)
  }
}

async function release(options: Options): Promise<void> {
  const [letters, choice] = [await lettersFor(options), choiceOf(options)]
  if (!options.yes) {
    const all = await letters.find(choice, 500)
    if (options.json) console.log(JSON.stringify({ dryRun: true, letters: all }, null, 2))
    else {
      print(all)
      console.log('Nothing was released: this is what would be. To do it: --yes')
    }
    return
  }
  const released = await letters.release(choice)
  const left = await untilReleased(letters, choice, options.wait * 1000)
  const still = left.reduce((sum, { dead, waiting }) => sum + dead + waiting, 0)
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  if (options.json) console.log(JSON.stringify({ released, left }, null, 2))
  else {
    if (still > 0) print(left)
    console.log(
      `${released} dead letters were let go${still > 0 ? '; what is shown is still set aside' : ', and all are done'}.`,
    )
  }
  process.exitCode = still > 0 ? 1 : 0
}

async function drop(service: string, place: Place, options: Options): Promise<void> {
  if (!options.yes) {
    await show(service, place, options)
    if (!options.json) console.log('Nothing was dropped: this is what would be. To do it: --yes')
    return
  }
  await (await lettersFor({ ...options, service })).drop(place, options.why)
  if (options.json) console.log(JSON.stringify({ dropped: { service, ...place } }))
  else console.log(`${placeOf(place)} of ${service} is dropped, on record in its table dropped_letters.`)
}

const choosing = (command: Command) =>
  withHome(command)
    .option('--service <name>', 'of this service only')
    .option('--key <key>', 'of this key only, in most cases the id of an order')
    .option('--letter <place>', 'only this one: topic/partition/offset', placeIn)
    .option('--json', 'as JSON')

/** `chorus dlq`: the messages that services set aside. */
export function registerDlq(program: Command): void {
  const dlq = program.command('dlq').description('look after messages that could not be handled')
  choosing(dlq.command('list'))
    .description('show what is set aside, and why; the oldest first')
    .option('--limit <n>', 'so many of a service at most', wholeNumber, 100)
    .action(list)
  withHome(dlq.command('show'))
    .description('show one letter with its headers and its payload')
    .argument('<service>')
    .argument('<topic/partition/offset>', '', placeIn)
    .option('--json', 'as JSON')
    .action(show)
  choosing(dlq.command('release'))
    .description(
      'handle letters again, each key in its order; without a choice all of them. Exit code 1 if any stays',
    )
    .option('--wait <seconds>', 'so long at most until they are done', wholeNumber, 60)
    .option('--yes', 'do it; without it, only say what would be done')
    .action(release)
  withHome(dlq.command('drop'))
    .description('give one letter up; who did so and why stays on record, and what waits behind it goes on')
    .argument('<service>')
    .argument('<topic/partition/offset>', '', placeIn)
    .requiredOption('--why <text>', 'the reason, for the record')
    .option('--yes', 'do it; without it, only say what would be done')
    .option('--json', 'as JSON')
    .action(drop)
}
