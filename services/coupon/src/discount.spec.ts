import { expect } from 'chai'
import fc from 'fast-check'
import { discountOf } from './discount.js'

const fixed = (value: number, maximum_discount: number | null = null) =>
  ({ type: 'FIXED', value, maximum_discount }) as const
const rate = (value: number, maximum_discount: number | null = null) =>
  ({ type: 'RATE', value, maximum_discount }) as const

describe('a discount', () => {
  for (const [what, terms, subtotal, discount] of [
    ['a fixed amount', fixed(500), 2000, 500],
    ['a fixed amount, but never more than there is to pay', fixed(500), 300, 300],
    ['a fixed amount up to its maximum', fixed(500, 200), 2000, 200],
    ['a percentage', rate(10), 2000, 200],
    ['a percentage, rounded down', rate(33), 101, 33],
    ['nothing when a percentage is less than one minor unit', rate(1), 99, 0],
    ['a percentage up to its maximum', rate(50, 700), 2000, 700],
    ['all of it', rate(100), 1999, 1999],
    ['nothing of nothing', fixed(500), 0, 0],
    ['exactly 33 % of the largest amount', rate(33), Number.MAX_SAFE_INTEGER, 2_972_375_754_064_527],
  ] as const) {
    it(`takes off ${what}`, () => expect(discountOf(terms, subtotal)).to.equal(discount))
  }

  it('is exact to the minor unit for any amount and percentage', () =>
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: 100 }), (subtotal, percent) => {
        expect(BigInt(discountOf(rate(percent), subtotal))).to.equal(
          (BigInt(subtotal) * BigInt(percent)) / 100n,
        )
      }),
      { numRuns: 1000 },
    ))

  it('never leaves less than nothing to pay', () =>
    fc.assert(
      fc.property(
        fc.constantFrom(fixed, rate),
        fc.maxSafeNat(),
        fc.integer({ min: 1, max: 100 }),
        fc.option(fc.nat()),
        (terms, subtotal, value, maximum) => {
          expect(discountOf(terms(value, maximum), subtotal)).to.be.within(
            0,
            Math.min(subtotal, maximum ?? subtotal),
          )
        },
      ),
    ))
})
