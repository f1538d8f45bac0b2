import { setTimeout as wait } from 'node:timers/promises'
import { newId } from '@chorus/chassis'
import { cpuBetween, cpuOf, type CpuSeconds } from './cpu.js'
import { until } from '../until.js'
import type { Rig } from './rig.js'
import type { OrderBody } from './workload.js'

/** How orders come: so many under way at any time, or so many a second whatever the system does (Poisson). */
export type Arrivals = { kind: 'closed'; inFlight: number } | { kind: 'open'; perSecond: number }

export interface LoadOptions {
  arrivals: Arrivals
  order: OrderBody
  /** Before the window, s. */
  warmUpSeconds: number
  /** The window in which is counted, s. */
  seconds: number
}

/** One order as its client knows it. Times are ms since 1970, with fractions. */
export interface Sent {
  /** When it was meant to be sent: a client that is late waits too. */
  intendedMs: number
  answeredMs: number
  status: number
  id?: string
}

/** What a load did, as its clients saw it. */
export interface Load {
  sent: Sent[]
  /** The window, ms since 1970. */
  fromMs: number
  untilMs: number
  /** CPU in the window. */
  cpu: CpuSeconds
  /** Orders under way, looked at every half second of the window. */
  backlog: number[]
  /** From the end of the window until nothing was under way, ms. */
  drainMs: number
}

const now = () => performance.timeOrigin + performance.now()
const LOOK_MS = 50
const BACKLOG_EVERY_MS = 500
const DRAIN_PATIENCE_MS = 180_000
/** Served by the index of open orders. */
const OPEN_ORDERS = `SELECT count(*)::int AS n FROM orders WHERE open`

class Generator {
  readonly sent: Sent[] = []
  private readonly unanswered = new Set<Promise<void>>()
  private stopped = false

  constructor(
    private readonly rig: Rig,
    private readonly order: OrderBody,
  ) {}

  get waiting(): number {
    return this.unanswered.size
  }

  private async place(intendedMs: number): Promise<void> {
    const { status, id } = await this.rig.place(this.order(this.sent.length), newId())
    this.sent.push({ intendedMs, answeredMs: now(), status, ...(id !== undefined && { id }) })
  }

  private send(intendedMs: number): void {
    const sending = this.place(intendedMs).finally(() => this.unanswered.delete(sending))
    this.unanswered.add(sending)
  }

  /** Sends at random moments that no answer puts off. */
  async open(perSecond: number): Promise<void> {
    let next = now()
    while (!this.stopped) {
      while (next <= now()) {
        this.send(next)
        next += (-Math.log(1 - Math.random()) / perSecond) * 1000
      }
      await wait(Math.max(1, Math.min(next - now(), 50)))
    }
  }

  /** Sends as many as have ended. */
  async closed(inFlight: number): Promise<void> {
    while (!this.stopped) {
      const under = (await openOrders(this.rig)) + this.waiting
      for (let i = under; i < inFlight; i++) this.send(now())
      await wait(LOOK_MS)
    }
  }

  async stop(): Promise<void> {
    this.stopped = true
    await Promise.all(this.unanswered)
  }
}

async function openOrders(rig: Rig): Promise<number> {
  return (await rig.sql<{ n: number }>('order', OPEN_ORDERS))[0]!.n
}

/** Puts a load on the system and waits until every order has ended. @throws Error when some do not */
export async function load(rig: Rig, options: LoadOptions): Promise<Load> {
  const { arrivals, order, warmUpSeconds, seconds } = options
  const generator = new Generator(rig, order)
  const sending =
    arrivals.kind === 'open' ? generator.open(arrivals.perSecond) : generator.closed(arrivals.inFlight)
  await wait(warmUpSeconds * 1000)
  const [fromMs, cpuBefore] = [now(), cpuOf(rig.run)]
  const backlog: number[] = []
  while (now() < fromMs + seconds * 1000) {
    backlog.push(generator.waiting + (await openOrders(rig)))
    await wait(Math.min(BACKLOG_EVERY_MS, Math.max(0, fromMs + seconds * 1000 - now())))
  }
  const [untilMs, cpu] = [now(), cpuBetween(cpuBefore, cpuOf(rig.run))]
  await Promise.all([generator.stop(), sending])
  await until('the last orders to end', async () => (await openOrders(rig)) === 0, DRAIN_PATIENCE_MS)
  return { sent: generator.sent, fromMs, untilMs, cpu, backlog, drainMs: now() - untilMs }
}
