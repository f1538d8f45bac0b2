import type { Floor, PlainRates } from './baseline.js'
import type { Posts } from './echo.js'
import type { FlashSale } from './flash.js'
import type { Folding } from './folding.js'
import type { Idle } from './idle.js'
import type { LoneOrders } from './lone-orders.js'
import type { Outage } from './outage.js'
import type { Outcome } from './outcome.js'

/** How long and how often. Seconds. */
export interface SuiteOptions {
  /** Of each window. */
  seconds: number
  /** Before the first window of a stack, at least: see `warmUp`. */
  warmUpSeconds: number
  /** Windows of each load; medians are taken. */
  runs: number
  outageSeconds: number
  /** Orders under way at a time when the top rate is looked for. */
  inFlight: number
  signal: AbortSignal
  onStep(what: string): void
}

/** Everything that was measured. A part that was not asked for is absent. */
export interface Measured {
  plain?: PlainRates
  idle?: Idle
  lone?: LoneOrders
  /** Beside the lone orders: what they wait for at least. */
  floor?: Floor
  posts?: Posts
  /** By load, one a window. */
  loads: Record<string, Outcome[]>
  flash?: FlashSale
  outage?: Outage
  /** One a round. */
  foldings?: Folding[]
  /** By stack: what the audit found broken. */
  broken: Record<string, string[]>
}
