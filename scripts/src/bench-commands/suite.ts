import { audit } from '../audit/audit.js'
import type { Finding } from '../audit/finding.js'
import { auditAddresses } from '../audit/addresses.js'
import { untilAtRest } from '../audit/at-rest.js'
import { floorOf, openPlain, type PlainRates } from './baseline.js'
import { postsOf } from './echo.js'
import { flashSaleOf } from './flash.js'
import { foldingsOf } from './folding.js'
import { grow } from './grown.js'
import { idleOf } from './idle.js'
import type { Arrivals } from './load.js'
import { timeLoneOrders } from './lone-orders.js'
import { outageOf } from './outage.js'
import type { Measured, SuiteOptions } from './measured.js'
import { onOwnStack, type Variant } from './own-stack.js'
import type { Rig } from './rig.js'
import { startSecond } from './second-process.js'
import { warmUp } from './warm-up.js'
import { HAPPY, Windows } from './windows.js'
import { ordersOf, type Shelf, type Workload } from './workload.js'

/** The parts of the suite, each on a stack of its own. */
export const stages = [
  'usual',
  'grown',
  'function',
  'one-by-one',
  'partitions',
  'observed',
  'recovery',
] as const
export type Stage = (typeof stages)[number]

const PLAIN_SECONDS = 3
const OUTAGE_SHARE = 0.25
const REST_PATIENCE_MS = 60_000
/** Orders on products that are asked for evenly, all on one, by Zipf; and some that fail. */
const CLOSED: readonly [string, Workload][] = [
  ['top', HAPPY],
  ['one product', { ...HAPPY, products: 'hot' }],
  ['zipf', { ...HAPPY, products: 'zipf' }],
  ['30 % failures', { ...HAPPY, failures: 0.3 }],
]
/** Orders that never were; a gateway without books; orders that nobody ends. */
const UNAUDITED = new Set(['grown', 'function', 'recovery'])

/** Runs the suite, stage by stage, on the system that it starts. */
export class Suite {
  readonly measured: Measured = { loads: {}, broken: {} }
  private readonly windows: Windows

  constructor(private readonly options: SuiteOptions) {
    this.windows = new Windows(options, this.measured.loads)
  }

  /** @throws Error when something does not start, or orders do not end */
  async run(wanted: readonly Stage[]): Promise<Measured> {
    for (const stage of stages) if (wanted.includes(stage)) await this.byStage[stage]()
    return this.measured
  }

  private readonly byStage: Record<Stage, () => Promise<void>> = {
    usual: () => this.on('usual', {}, (rig, shelf) => this.usual(rig, shelf)),
    grown: () =>
      this.on('grown', {}, async (rig, shelf) => {
        await this.windows.top('empty', rig, shelf)
        this.options.onStep('1 million orders and 10 million inbox rows')
        await grow(rig)
        await this.windows.top('grown', rig, shelf)
      }),
    function: () => {
      const variant = { serviceEnv: { GATEWAY_URL: 'function:' } }
      return this.on('function', variant, (rig, shelf) => this.windows.top('function gateway', rig, shelf))
    },
    'one-by-one': () => {
      const variant = { serviceEnv: { BATCH_LIMIT: '1' } }
      return this.on('one-by-one', variant, (rig, shelf) => this.windows.top('one by one', rig, shelf))
    },
    partitions: async () => {
      for (const partitions of [1, 8]) {
        const name = `${partitions} partition${partitions > 1 ? 's' : ''}`
        await this.on(name, { partitions }, (rig, shelf) => this.windows.top(name, rig, shelf))
      }
    },
    observed: () =>
      this.on('observed', { observers: true }, (rig, shelf) => this.windows.observed(rig, shelf)),
    recovery: () => {
      const variant = { serviceEnv: { ORDER_DEADLINE_SECONDS: '86400' } }
      return this.on('recovery', variant, async (rig, shelf) => {
        this.options.onStep('consumption, and tables rebuilt from topics')
        this.measured.foldings = await foldingsOf(rig, shelf, this.options.runs)
      })
    },
  }

  private async usual(rig: Rig, shelf: Shelf): Promise<void> {
    await this.windows.rounds(rig, shelf, CLOSED, await this.besides(rig))
    const sustainable = this.windows.medianRate('top')
    for (const share of [0.25, 0.5, 0.75])
      await this.windows.open(`${share * 100} %`, rig, shelf, sustainable * share)
    this.options.onStep('lone orders')
    this.measured.lone = await timeLoneOrders(rig.run, 100, 20)
    this.measured.floor = await floorOf(rig)
    const end = await startSecond(rig, 'product')
    try {
      await this.windows.top('second product process', rig, shelf)
    } finally {
      await end()
    }
    this.options.onStep('flash sale')
    this.measured.flash = await flashSaleOf(rig)
    this.options.onStep(`${this.options.outageSeconds} s without delivery`)
    this.measured.outage = await outageOf(rig, shelf, this.options.outageSeconds, sustainable * OUTAGE_SHARE)
    this.options.onStep('durable requests beside echoed ones')
    this.measured.posts = await postsOf(rig, shelf, this.options.seconds)
    await untilAtRest(auditAddresses(rig.run), REST_PATIENCE_MS)
    this.options.onStep('idle')
    this.measured.idle = await idleOf(rig, this.options.seconds)
  }

  /** The same SQL without messaging, in a round. */
  private async besides(rig: Rig): Promise<() => Promise<void>> {
    const plain = await openPlain(rig)
    const rates: PlainRates = (this.measured.plain = { fiveTransactions: [], batches: [] })
    return async () => {
      this.options.onStep('the same SQL without messaging')
      await untilAtRest(auditAddresses(rig.run), REST_PATIENCE_MS)
      rates.fiveTransactions.push(await plain.fiveTransactions(PLAIN_SECONDS))
      rates.batches.push(await plain.batches(PLAIN_SECONDS))
    }
  }

  /** Starts a stack, warms it up, measures, audits. */
  private on(
    name: string,
    variant: Variant,
    measure: (rig: Rig, shelf: Shelf) => Promise<void>,
  ): Promise<void> {
    const { signal, warmUpSeconds, inFlight, onStep } = this.options
    onStep(`stack ${name}: start and warm-up`)
    return onOwnStack(variant, signal, async (rig, shelf) => {
      const order = ordersOf(HAPPY, shelf)
      const arrivals: Arrivals = { kind: 'closed', inFlight }
      const compiling = await warmUp(rig, { arrivals, order }, warmUpSeconds)
      onStep(`stack ${name}: warm, the JVMs still compile with ${(compiling * 100).toFixed(0)} % of a core`)
      await measure(rig, shelf)
      if (UNAUDITED.has(name)) return
      onStep(`stack ${name}: audit`)
      const addresses = auditAddresses(rig.run)
      await untilAtRest(addresses, REST_PATIENCE_MS)
      this.measured.broken[name] = broken(await audit(addresses, { skipTopics: true }))
    })
  }
}

const broken = (findings: readonly Finding[]) =>
  findings
    .filter(({ broken: n }) => n > 0)
    .map(({ what, broken: n, ids }) => `${what}: ${n} (${ids.slice(0, 3).join(', ')})`)
