import type { Measured } from './measured.js'
import { topicOf, total, type Ends } from './offsets.js'

const tenth = (value: number) => Math.round(10 * value) / 10

/** What is counted, at a moment. */
export interface Counts {
  atMs: number
  /** By topic, as far as known. */
  ends?: Ends
  /** By service and event type. */
  emitted: Readonly<Record<string, Measured['emitted']>>
}

/** A process that began anew counts from 0. */
const since = (was: number, is: number) => (was <= is ? is - was : is)

/** Events a second between two looks. */
export function ratesOf(before: Counts | undefined, now: Counts, name: string) {
  if (!before) return {}
  const seconds = Math.max(0.001, (now.atMs - before.atMs) / 1000)
  const [was, is] = [before.emitted[name], now.emitted[name]]
  return {
    ...(now.ends &&
      before.ends && {
        perSecond: tenth((total(now.ends, topicOf(name)) - total(before.ends, topicOf(name))) / seconds),
      }),
    ...(was &&
      is && {
        rates: Object.fromEntries(
          Object.entries(is).map(([type, count]) => [type, tenth(since(was[type] ?? 0, count) / seconds)]),
        ),
      }),
  }
}
