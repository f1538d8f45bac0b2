import type { CouponRow } from './tables.js'

type Terms = Pick<CouponRow, 'type' | 'value' | 'maximum_discount'>

const HUNDRED = 100

/** Percent of an amount, rounded down to a minor unit, exact up to 2^53. */
const percentOf = (amount: number, percent: number) =>
  Math.floor(amount / HUNDRED) * percent + Math.floor(((amount % HUNDRED) * percent) / HUNDRED)

/**
 * What a coupon takes off: never more than its maximum, never more than there is to pay.
 * @param subtotal minor units @returns minor units
 */
export function discountOf(terms: Terms, subtotal: number): number {
  const wanted = terms.type === 'FIXED' ? terms.value : percentOf(subtotal, terms.value)
  return Math.min(wanted, terms.maximum_discount ?? wanted, subtotal)
}
