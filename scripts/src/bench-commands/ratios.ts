import type { Rate } from './baseline.js'
import { median } from './quantiles.js'
import type { Outcome } from './outcome.js'
import type { Measured } from './measured.js'

/** Two things that were measured in one run, divided. */
export interface Ratio {
  what: string
  value: number
  /** Lowest and highest, where there were several windows. */
  spread?: [number, number]
  /** The figure to reach; with `atMost`, not to pass. */
  goal: number
  atMost?: true
}

/** Hops of an order without a coupon that wait for Kafka, and commits that it waits for. */
const HOPS = 3
const COMMITS = 5

type Figure = (outcome: Outcome) => number
const rate = ({ perSecond }: { perSecond: number }) => perSecond
const sum = (counts: Record<string, number>) => Object.values(counts).reduce((all, n) => all + n, 0)

/** Transactions of the services: five for an order that is completed, about four for one that fails. */
const transactionRate: Figure = ({ perSecond, ended }) => {
  const completed = (ended.COMPLETED ?? 0) / sum(ended)
  return perSecond * (5 * completed + 4 * (1 - completed))
}

/** A load against another one. */
const COMPARED: readonly { what: string; load: string; to: string; goal: number; figure?: Figure }[] = [
  { what: 'batched : one by one', load: 'top', to: 'one by one', goal: 4 },
  { what: 'one product : uniform', load: 'one product', to: 'top', goal: 0.8 },
  { what: 'zipf : uniform', load: 'zipf', to: 'top', goal: 0.8 },
  {
    what: '30 % failures : happy path, per transaction',
    load: '30 % failures',
    to: 'top',
    goal: 0.9,
    figure: transactionRate,
  },
  { what: 'grown tables : empty', load: 'grown', to: 'empty', goal: 0.9 },
  { what: 'function gateway : over HTTP', load: 'function gateway', to: 'top', goal: 1 },
  { what: 'second product process : one', load: 'second product process', to: 'top', goal: 0.8 },
  { what: '1 partition : 4', load: '1 partition', to: 'top', goal: 0.8 },
  { what: '8 partitions : 4', load: '8 partitions', to: 'top', goal: 0.8 },
  { what: 'with the tracker : without', load: 'observed', to: 'unobserved', goal: 0.95 },
  { what: 'with the tracker, looked at : without', load: 'watched', to: 'unobserved', goal: 0.85 },
]

/** Quotients of one thing, as a ratio. */
const ratioOf = (ratio: Pick<Ratio, 'what' | 'goal' | 'atMost'>, values: readonly number[]): Ratio[] =>
  values.length === 0
    ? []
    : [{ ...ratio, value: median(values), spread: [Math.min(...values), Math.max(...values)] }]

/** Two lists, divided one by one: what was measured in one round had the same machine. */
const byRound = (figures: readonly number[] = [], by: readonly number[] = []): number[] =>
  by.length === 0 ? [] : figures.map((figure, round) => figure / by[round % by.length]!)

const single = (what: string, value: number | undefined, goal: number): Ratio[] =>
  value === undefined ? [] : [{ what, value, goal }]

function toPlain({ loads: { top = [] }, plain }: Measured): Ratio[] {
  const against = (rates: readonly Rate[] | undefined) => byRound(top.map(rate), rates?.map(rate))
  return [
    ...ratioOf({ what: 'orders : five plain transactions', goal: 1 }, against(plain?.fiveTransactions)),
    ...ratioOf({ what: 'orders : plain batches of 100', goal: 0.25 }, against(plain?.batches)),
  ]
}

function toFloor({ lone, floor }: Measured): Ratio[] {
  if (!lone || !floor) return []
  const leastMs = HOPS * floor.roundTripMs.p50 + COMMITS * floor.commitMs.p50
  const value = lone.completed.p50 / leastMs
  return [{ what: 'lone order p50 : hops and commits', value, goal: 3, atMost: true }]
}

function curve({ loads, lone }: Measured): Ratio[] {
  if (!lone) return []
  return [25, 50, 75].flatMap((share) =>
    (['p50', 'p99'] as const).flatMap((q) =>
      ratioOf(
        { what: `${q} at ${share} % : lone order p50`, goal: q === 'p50' ? 3 : 10, atMost: true },
        (loads[`${share} %`] ?? []).map(({ completed }) => completed[q] / lone.completed.p50),
      ),
    ),
  )
}

function recovery({ foldings = [] }: Measured): Ratio[] {
  const ratio = (what: string, goal: number, figure: 'foldedPerSecond' | 'writtenPerSecond') =>
    ratioOf(
      { what, goal },
      foldings.map((one) => one[figure] / one.consumedPerSecond),
    )
  return [
    ...ratio('events folded : events consumed', 5, 'foldedPerSecond'),
    ...ratio('events folded and written : consumed', 2.5, 'writtenPerSecond'),
  ]
}

/** The ratios that the figures allow for. */
export function ratiosOf(measured: Measured): Ratio[] {
  const { loads, posts, outage } = measured
  const { top } = loads
  const topRate = top && median(top.map(rate))
  const compared = COMPARED.flatMap(({ what, load, to, goal, figure = rate }) =>
    ratioOf({ what, goal }, byRound(loads[load]?.map(figure), loads[to]?.map(figure))),
  )
  const cpu = { what: 'CPU per order at the top, ms', goal: 1.2, atMost: true } as const
  return [
    ...toPlain(measured),
    ...toFloor(measured),
    ...ratioOf(
      cpu,
      (top ?? []).map(({ cpuMsPerOrder }) => cpuMsPerOrder),
    ),
    ...curve(measured),
    ...compared,
    ...recovery(measured),
    ...single(
      'drain after the outage : top rate',
      outage && topRate && outage.drainedPerSecond / topRate,
      1.3,
    ),
    ...single('durable POSTs : echoed', posts && posts.durable / posts.echoed, 0.4),
  ]
}

/** True when the figure is where it should be. */
export const isReached = ({ value, goal, atMost }: Ratio): boolean => (atMost ? value <= goal : value >= goal)
