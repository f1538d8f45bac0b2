import { cpus, totalmem } from 'node:os'
import type { Rate } from './baseline.js'
import { median } from './quantiles.js'
import type { Outcome } from './outcome.js'
import { isReached, ratiosOf, type Ratio } from './ratios.js'
import type { Measured } from './measured.js'

/** What was measured, where, with the ratios: the JSON report. */
export interface BenchReport extends Measured {
  /** ISO time. */
  at: string
  machine: { cpus: number; model: string; memoryBytes: number; node: string }
  ratios: Ratio[]
}

/** Puts a report together. */
export const reportOf = (measured: Measured): BenchReport => ({
  at: new Date().toISOString(),
  machine: {
    cpus: cpus().length,
    model: cpus()[0]?.model.trim() ?? '',
    memoryBytes: totalmem(),
    node: process.version,
  },
  ratios: ratiosOf(measured),
  ...measured,
})

const number = (value: number, digits = 0) => value.toFixed(digits).padStart(8)
const middle = (outcomes: readonly Outcome[], figure: (outcome: Outcome) => number) =>
  median(outcomes.map(figure))

function loadLine([name, outcomes]: [string, Outcome[]]): string {
  const rates = outcomes.map(({ perSecond }) => perSecond)
  const cells = [
    number(median(rates)),
    number(middle(outcomes, (o) => o.completed.p50)),
    number(middle(outcomes, (o) => o.completed.p99)),
    number(middle(outcomes, (o) => o.answered.p50)),
    number(
      middle(outcomes, (o) => o.cpuMsPerOrder),
      2,
    ),
  ]
  const notes = outcomes.every(({ flat }) => flat) ? '' : '  the backlog grew'
  return `  ${name.padEnd(24)}${cells.join('')}   ${Math.min(...rates).toFixed(0)} to ${Math.max(...rates).toFixed(0)}${notes}`
}

const loadHeading = `  ${'load'.padEnd(24)}${['orders/s', 'p50 ms', 'p99 ms', 'POST ms', 'CPU ms'].map((t) => t.padStart(8)).join('')}   lowest to highest`

/** Loads as a table: medians over their windows, ms. */
export const loadTable = (loads: Readonly<Record<string, Outcome[]>>): string =>
  [loadHeading, ...Object.entries(loads).map(loadLine)].join('\n')

function ratioLine(ratio: Ratio): string {
  const { what, value, spread, goal, atMost } = ratio
  const range =
    spread && spread[0] !== spread[1] ? ` (${spread[0].toFixed(2)} to ${spread[1].toFixed(2)})` : ''
  return `  ${isReached(ratio) ? 'ok ' : 'NO '} ${what.padEnd(44)}${number(value, 2)}${range}  goal ${atMost ? '<=' : '>='} ${goal}`
}

function cpuLines({ loads }: Measured): string[] {
  const [last] = (loads.top ?? []).slice(-1)
  if (!last) return []
  const parts = Object.entries(last.cpuMicrosByPart).map(([part, micros]) => `${part} ${micros}`)
  return [
    '',
    'CPU of one order at the top rate, us by part (load, the generator, and gateway, the stand-in, are not counted above)',
    `  ${parts.join(', ')}`,
  ]
}

const plainText = (rates: readonly Rate[]) =>
  `${median(rates.map(({ perSecond }) => perSecond)).toFixed(0)} orders/s (CPU ${median(rates.map(({ cpuMsPerOrder }) => cpuMsPerOrder)).toFixed(2)} ms)`

function restLines({ plain, floor, idle, flash, outage, posts, foldings, broken }: Measured): string[] {
  const lines: string[] = []
  if (plain)
    lines.push(
      `  the same SQL, no messaging: ${plainText(plain.fiveTransactions)} in five transactions, ${plainText(plain.batches)} in batches of 100`,
    )
  if (floor)
    lines.push(
      `  a raw commit ${floor.commitMs.p50.toFixed(2)} ms, a raw Kafka round trip ${floor.roundTripMs.p50.toFixed(2)} ms (medians)`,
    )
  if (posts)
    lines.push(
      `  POST /orders: ${posts.durable.toFixed(0)}/s durable, ${posts.echoed.toFixed(0)}/s only echoed`,
    )
  if (flash)
    lines.push(
      `  flash sale: ${flash.buyers} buyers, ${flash.issued} of ${flash.coupons} coupons issued, ${flash.perSecond.toFixed(0)} requests/s`,
    )
  if (outage)
    lines.push(
      `  ${outage.seconds} s without delivery: ${outage.accepted} orders taken meanwhile, drained at ${outage.drainedPerSecond.toFixed(0)}/s`,
    )
  for (const { consumedPerSecond, foldedPerSecond, writtenPerSecond } of foldings ?? [])
    lines.push(
      `  product: ${consumedPerSecond.toFixed(0)} events/s consumed; rebuilt from its topic at ${foldedPerSecond.toFixed(0)} folded, ${writtenPerSecond.toFixed(0)} with rows and inbox written`,
    )
  if (idle) {
    const { load: _load, ...parts } = idle.cores
    const cores = Object.values(parts).reduce((sum, share) => sum + share, 0)
    const bytes = Object.values(idle.memory).reduce((sum, n) => sum + n, 0)
    lines.push(
      `  idle: ${(cores * 100).toFixed(0)} % of one core (connect ${((parts.connect ?? 0) * 100).toFixed(0)} %), ${(bytes / 1024 ** 2).toFixed(0)} MB resident`,
    )
  }
  for (const [stack, findings] of Object.entries(broken)) {
    lines.push(
      findings.length === 0
        ? `  audit of stack ${stack}: clean`
        : `  audit of stack ${stack}: BROKEN\n    ${findings.join('\n    ')}`,
    )
  }
  return lines
}

/** A report for a terminal. */
export function reportText(report: BenchReport): string {
  const { machine, loads, ratios } = report
  return [
    `${machine.cpus} x ${machine.model}, ${(machine.memoryBytes / 1024 ** 3).toFixed(0)} GB, Node ${machine.node}`,
    '',
    loadTable(loads),
    ...cpuLines(report),
    '',
    ...restLines(report),
    '',
    ...ratios.map(ratioLine),
  ].join('\n')
}
