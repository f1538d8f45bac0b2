import { writeFileSync } from 'node:fs'
import { InvalidArgumentError, type Command } from 'commander'
import { runIn } from '../client.js'
import { wholeNumber } from '../numbers.js'
import { interruptible } from '../own-stack.js'
import { settingsFor, withHome, type HomeOptions } from '../stack-commands/options.js'
import { consoleText, timeConsole } from './console-pages.js'
import { load } from './load.js'
import { loneText, timeLoneOrders } from './lone-orders.js'
import { outcomeOf } from './outcome.js'
import { reportHtml } from './report-html.js'
import { loadTable, reportOf, reportText } from './report-text.js'
import { Rig } from './rig.js'
import { stages, Suite, type Stage } from './suite.js'
import { fillShelf, ordersOf, type Workload } from './workload.js'

interface SuiteFlags {
  readonly only: readonly Stage[]
  readonly seconds: number
  readonly warmUp: number
  readonly runs: number
  readonly outage: number
  readonly inFlight: number
  readonly html?: string
  readonly json?: boolean
}

interface LoadFlags extends HomeOptions {
  readonly inFlight: number
  readonly rate?: number
  readonly seconds: number
  readonly warmUp: number
  readonly products: Workload['products']
  readonly failures: number
  readonly json?: boolean
}

interface LoneFlags extends HomeOptions {
  readonly orders: number
  readonly warmUp: number
  readonly json?: boolean
}

function stagesIn(text: string): Stage[] {
  return text.split(',').map((name) => {
    const stage = stages.find((one) => one === name)
    if (!stage) throw new InvalidArgumentError(`It must be one or more of ${stages.join(', ')}, with commas.`)
    return stage
  })
}

function percentage(text: string): number {
  const number = Number(text)
  if (!(text !== '' && number >= 0 && number <= 100))
    throw new InvalidArgumentError('It must be a number from 0 to 100.')
  return number / 100
}

function kindOfProducts(text: string): Workload['products'] {
  if (text === 'uniform' || text === 'zipf' || text === 'hot') return text
  throw new InvalidArgumentError('It must be uniform, zipf or hot.')
}

const onStep = (what: string) => console.error(`${new Date().toISOString().slice(11, 19)}  ${what}`)

async function runSuite({ only, warmUp, outage, html, json, ...flags }: SuiteFlags): Promise<void> {
  const options = {
    ...flags,
    warmUpSeconds: warmUp,
    outageSeconds: outage,
    onStep,
  }
  const report = reportOf(await interruptible((signal) => new Suite({ ...options, signal }).run(only)))
  console.log(json ? JSON.stringify(report) : reportText(report))
  if (html !== undefined) writeFileSync(html, reportHtml(report))
}

async function runLoad(flags: LoadFlags): Promise<void> {
  const { inFlight, rate, seconds, warmUp: warmUpSeconds, products, failures, json } = flags
  const rig = await Rig.open(runIn(settingsFor(flags).home))
  try {
    const order = ordersOf({ products, failures }, await fillShelf(rig))
    const arrivals =
      rate === undefined
        ? ({ kind: 'closed', inFlight } as const)
        : ({ kind: 'open', perSecond: rate } as const)
    const outcome = await outcomeOf(rig, await load(rig, { arrivals, order, seconds, warmUpSeconds }))
    console.log(json ? JSON.stringify(outcome) : loadTable({ load: [outcome] }))
  } finally {
    await rig.close()
  }
}

function registerAll(bench: Command): void {
  bench
    .command('all', { isDefault: true })
    .description(
      'measure everything on a system of its own (about half an hour), with ratios to what the machine can do',
    )
    .option('--only <stages>', `some of ${stages.join(', ')}`, stagesIn, [...stages])
    .option('--seconds <n>', 'length of each window', wholeNumber, 8)
    .option(
      '--warm-up <n>',
      'seconds of load before the first window of a system; up to three times as long while the JVMs compile',
      wholeNumber,
      45,
    )
    .option('--runs <n>', 'windows of each load', wholeNumber, 3)
    .option('--outage <n>', 'seconds without delivery', wholeNumber, 60)
    .option('--in-flight <n>', 'orders under way when the top rate is looked for', wholeNumber, 512)
    .option('--html <file>', 'also write the report as a page with plots')
    .option('--json', 'print the report as JSON')
    .action(runSuite)
}

function registerLoad(bench: Command): void {
  withHome(bench.command('load'))
    .description('put one load on the running system')
    .option('--in-flight <n>', 'closed loop: orders under way at any time', wholeNumber, 256)
    .option(
      '--rate <n>',
      'open loop: orders a second, at random moments, whatever the system does',
      wholeNumber,
    )
    .option('--seconds <n>', 'the window that counts', wholeNumber, 10)
    .option('--warm-up <n>', 'seconds before it', wholeNumber, 5)
    .option(
      '--products <kind>',
      'which are ordered: uniform, zipf or hot',
      kindOfProducts,
      'uniform' as const,
    )
    .option('--failures <percent>', 'orders that are meant to fail', percentage, 0)
    .option('--json', 'print the figures as JSON')
    .action(runLoad)
}

function registerLone(bench: Command): void {
  withHome(bench.command('lone'))
    .description('time orders that have the running system to themselves')
    .option('--orders <n>', 'how many are timed', wholeNumber, 100)
    .option('--warm-up <n>', 'how many before', wholeNumber, 300)
    .option('--json', 'print the figures as JSON')
    .action(async (flags: LoneFlags) => {
      const result = await timeLoneOrders(runIn(settingsFor(flags).home), flags.orders, flags.warmUp)
      console.log(flags.json ? JSON.stringify(result) : loneText(result))
    })
}

interface ConsoleFlags {
  readonly flows: number
  readonly requests: number
  readonly json?: boolean
}

function registerConsole(bench: Command): void {
  bench
    .command('console')
    .description('time the pages of the console with many flows, on a system of its own (about 3 minutes)')
    .option('--flows <n>', 'how many the tracker knows', wholeNumber, 100_000)
    .option('--requests <n>', 'how often each page is asked for', wholeNumber, 50)
    .option('--json', 'print the figures as JSON')
    .action(async ({ json, ...flags }: ConsoleFlags) => {
      const times = await interruptible((signal) => timeConsole({ ...flags, signal, onStep }))
      console.log(json ? JSON.stringify(times) : consoleText(times))
    })
}

/** `chorus bench`. */
export function registerBench(program: Command): void {
  const bench = program
    .command('bench')
    .description('measure what the system carries: everything, one load, or lone orders')
  // Each has its options for itself: those of `bench` would be taken from whatever command stands behind it.
  for (const register of [registerAll, registerLoad, registerLone, registerConsole]) register(bench)
}
