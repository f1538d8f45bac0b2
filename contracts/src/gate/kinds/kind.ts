import type { Verdict } from '../model.js'
import type { Plant } from './planting.js'
import type { Schema } from '../schema.js'

/** A kind of change with the verdict that it must get: an example of it, to be planted in a copy of the contracts. */
export interface Kind {
  what: string
  plant: Plant
  /** Undefined when nothing may break. */
  verdict?: Verdict['kind']
  /** Who is named; nobody when only the promise to replay the topic is broken. */
  names: readonly string[]
}

/** A kind of change that must fail, and who is named. */
export const breaks = (
  what: string,
  verdict: Verdict['kind'],
  names: readonly string[],
  plant: Plant,
): Kind => ({
  what,
  verdict,
  names,
  plant,
})
/** A kind of change that must pass. */
export const passes = (what: string, plant: Plant): Kind => ({ what, plant, names: [] })

/** Changes the elements of a list. */
export const inItems =
  (change: (element: Schema) => Schema) =>
  (items: Schema): Schema => ({ ...items, items: change(items.items ?? {}) })
/** The event that most kinds are shown on: order and product hear it. */
export const used = 'CouponUsed'
/** An event with an optional field and an enum: coupon hears it. */
export const cancelled = 'OrderCancelled'
