import { answerSchema, currency, instant, uuid } from '@chorus/chassis'

const amount = {
  type: 'integer',
  minimum: 0,
  maximum: 100_000_000_000_000,
  description: 'Minor units of the currency.',
}

const terms = {
  name: { type: 'string', minLength: 1, maxLength: 100 },
  type: { type: 'string', enum: ['FIXED', 'RATE'] },
  value: { ...amount, minimum: 1, description: 'Minor units (FIXED) or percent, 1 to 100 (RATE).' },
  currency: { ...currency, description: 'ISO 4217; required where there is an amount.' },
  minimumAmount: { ...amount, description: 'Smallest subtotal it works for, minor units.' },
  maximumDiscount: { ...amount, minimum: 1, description: 'Largest discount, minor units.' },
  total: { type: 'integer', minimum: 1, maximum: 1_000_000_000, description: 'How many may be taken.' },
  validFrom: instant,
  validUntil: { ...instant, description: 'RFC 3339, after validFrom.' },
}

/** The body of POST /coupons. */
export const newCoupon = {
  title: 'NewCoupon',
  type: 'object',
  required: ['name', 'type', 'value', 'total', 'validFrom', 'validUntil'],
  additionalProperties: false,
  properties: terms,
}

/** A coupon template: see `CouponView`. */
export const couponSchema = answerSchema(
  'Coupon',
  {
    id: uuid,
    ...terms,
    issued: { type: 'integer', minimum: 0, description: 'How many were taken; never above total.' },
  },
  ['currency', 'minimumAmount', 'maximumDiscount'],
)

/** A held coupon: see `UserCouponView`. */
export const userCouponSchema = answerSchema('UserCoupon', {
  id: uuid,
  couponId: uuid,
  status: { type: 'string', enum: ['ISSUED', 'USED', 'EXPIRED'] },
  validUntil: instant,
})
