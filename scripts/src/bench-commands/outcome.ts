import { cpuOfSystem } from './cpu.js'
import type { Load } from './load.js'
import { distributionOf, quantilesOf, type Quantiles } from './quantiles.js'
import type { Rig } from './rig.js'

/** What a load came to, as the database of Order has it. Times in ms. */
export interface Outcome {
  /** Orders that were accepted in the window. */
  accepted: number
  /** Requests of the window that were not accepted, by status; 0 had no answer. */
  refused: Record<string, number>
  /** Of the orders that ended in the window, by their state. */
  ended: Record<string, number>
  /** Orders that ended in the window, a second. */
  perSecond: number
  /** Of orders that were sent in the window: from the intended start until the answer. */
  answered: Quantiles
  /** And until the order's last change was committed. */
  completed: Quantiles
  /** The distribution of `completed`: see `SHARES`. */
  latency: number[]
  /** Orders that ended, second by second of the window. */
  throughput: number[]
  /** CPU of the system per order that ended in the window, ms. */
  cpuMsPerOrder: number
  /** The same by part, us; `load`, the generator, and `gateway`, the stand-in, are not counted above. */
  cpuMicrosByPart: Record<string, number>
  /** Orders under way, every half second. */
  backlog: number[]
  /** True when the backlog did not grow over the window. */
  flat: boolean
  drainMs: number
}

interface EndedOrder {
  id: string
  status: string
  ended_ms: number
}

/** The row's last change, to the commit. An order that ended is never changed again. */
const ENDED = `SELECT id, status, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 * 1000 AS ended_ms
  FROM orders WHERE created_at >= to_timestamp($1::float8 / 1000)`

const countBy = (values: readonly (string | number)[]) => {
  const counts: Record<string, number> = {}
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}

const mean = (part: readonly number[]) => part.reduce((sum, n) => sum + n, 0) / part.length

/** Flat: the last third of the window has not half as much again under way as the first, beyond some noise. */
function isFlat(backlog: readonly number[]): boolean {
  const third = Math.ceil(backlog.length / 3)
  return mean(backlog.slice(-third)) <= 1.5 * mean(backlog.slice(0, third)) + 10
}

/** Reads what became of the orders of a load. */
export async function outcomeOf(rig: Rig, load: Load): Promise<Outcome> {
  const { sent, fromMs, untilMs, cpu, backlog, drainMs } = load
  const first = Math.min(...sent.map(({ intendedMs }) => intendedMs).slice(0, 100))
  const rows = await rig.sql<EndedOrder>('order', ENDED, [first - 1000])
  const endedAt = new Map(rows.map((row) => [row.id, row.ended_ms]))
  const inWindow = rows.filter(({ ended_ms }) => ended_ms >= fromMs && ended_ms < untilMs)
  const window = sent.filter(({ intendedMs }) => intendedMs >= fromMs && intendedMs < untilMs)
  const accepted = window.filter(({ id }) => id !== undefined)
  const seconds = (untilMs - fromMs) / 1000
  const perOrder = (cpuSeconds: number) => (cpuSeconds / inWindow.length) * 1e6
  const throughput = Array.from({ length: Math.floor(seconds) }, () => 0)
  for (const { ended_ms } of inWindow) {
    const second = Math.floor((ended_ms - fromMs) / 1000)
    if (second < throughput.length) throughput[second]! += 1
  }
  const latencies = accepted.map(({ id, intendedMs }) => endedAt.get(id!)! - intendedMs)
  return {
    accepted: accepted.length,
    refused: countBy(window.filter(({ id }) => id === undefined).map(({ status }) => status)),
    ended: countBy(inWindow.map(({ status }) => status)),
    perSecond: inWindow.length / seconds,
    answered: quantilesOf(accepted.map(({ intendedMs, answeredMs }) => answeredMs - intendedMs)),
    completed: quantilesOf(latencies),
    latency: distributionOf(latencies),
    throughput,
    cpuMsPerOrder: perOrder(cpuOfSystem(cpu)) / 1000,
    cpuMicrosByPart: Object.fromEntries(
      Object.entries(cpu).map(([part, s]) => [part, Math.round(perOrder(s))]),
    ),
    backlog,
    flat: isFlat(backlog),
    drainMs,
  }
}
