import { deriveId, event, refuse } from '@chorus/chassis'
import { command, type CouponRow, type CouponType, type UserCouponRow } from './tables.js'

export interface NewCoupon {
  name: string
  type: CouponType
  value: number
  currency?: string
  minimumAmount?: number
  maximumDiscount?: number
  total: number
  validFrom: string
  validUntil: string
}

/** A coupon template as callers see it. */
export interface CouponView extends NewCoupon {
  id: string
  issued: number
}

/** A held coupon as its holder sees it. */
export interface UserCouponView {
  id: string
  couponId: string
  status: 'ISSUED' | 'USED' | 'EXPIRED'
  validUntil: string
}

const couponView = (row: CouponRow): CouponView => ({
  id: row.id,
  name: row.name,
  type: row.type,
  value: row.value,
  ...(row.currency !== null && { currency: row.currency }),
  ...(row.minimum_amount !== null && { minimumAmount: row.minimum_amount }),
  ...(row.maximum_discount !== null && { maximumDiscount: row.maximum_discount }),
  total: row.total,
  issued: row.issued,
  validFrom: row.valid_from.toISOString(),
  validUntil: row.valid_until.toISOString(),
})

export const userCouponView = (row: UserCouponRow): UserCouponView => ({
  id: row.id,
  couponId: row.coupon_id,
  status: row.uses > 0 ? 'USED' : row.expired ? 'EXPIRED' : 'ISSUED',
  validUntil: row.valid_until.toISOString(),
})

const idOfNew = (commandId: string) => deriveId(commandId, 'coupon')

/** What the form of the request cannot say. */
function whyNotCreatable(coupon: NewCoupon): string | undefined {
  if (Date.parse(coupon.validUntil) <= Date.parse(coupon.validFrom))
    return 'validUntil is not after validFrom.'
  if (coupon.type === 'RATE' && coupon.value > 100) return 'A RATE coupon takes off 1 to 100 percent.'
  const money =
    coupon.type === 'FIXED' || coupon.minimumAmount !== undefined || coupon.maximumDiscount !== undefined
  if (money && coupon.currency === undefined) return 'Amounts need a currency.'
  return undefined
}

const instant = (text: string) => new Date(text).toISOString()

export const createCoupon = command<NewCoupon, CouponView>('createCoupon', {
  touches: ({ id }) => ({ coupons: [idOfNew(id)] }),
  decide({ id, body }) {
    const trouble = whyNotCreatable(body)
    if (trouble) return refuse('BODY_INVALID', trouble)
    const [validFrom, validUntil] = [instant(body.validFrom), instant(body.validUntil)]
    return [event('CouponCreated', { couponId: idOfNew(id), ...body, validFrom, validUntil })]
  },
  answer: ({ id }, { coupons }) => couponView(coupons.get(idOfNew(id))!),
})

/** One a user: who takes the same coupon again names the same held coupon. */
const heldId = (couponId: string, userId: string) => deriveId(couponId, 'held', userId)

export const issueCoupon = command<{ id: string }, UserCouponView>('issueCoupon', {
  touches: ({ body, userId }) => ({ coupons: [body.id], userCoupons: [heldId(body.id, userId)] }),
  decide({ body: { id: couponId }, userId }, { coupons, userCoupons }, at) {
    const coupon = coupons.get(couponId)
    if (!coupon) return refuse('NOT_FOUND', `There is no coupon ${couponId}.`)
    const userCouponId = heldId(couponId, userId)
    if (userCoupons.get(userCouponId)) return refuse('COUPON_ALREADY_ISSUED', 'One a user.')
    if (at < coupon.valid_from || at >= coupon.valid_until) {
      return refuse('COUPON_NOT_ISSUABLE', 'It is outside the time in which the coupon is valid.')
    }
    if (coupon.issued >= coupon.total) return refuse('COUPON_SOLD_OUT', `All ${coupon.total} are taken.`)
    const validUntil = coupon.valid_until.toISOString()
    return [
      event('CouponIssued', { userCouponId, couponId, userId, sequence: coupon.issued + 1, validUntil }),
    ]
  },
  answer: ({ body, userId }, { userCoupons }) => userCouponView(userCoupons.get(heldId(body.id, userId))!),
})

/** For the sweep: a held coupon past its date, unless an order uses it; then it expires when it comes back. */
export const expireCoupon = command<{ userCouponId: string }, void>('expireCoupon', {
  touches: ({ body }) => ({ userCoupons: [body.userCouponId] }),
  decide({ body: { userCouponId } }, { userCoupons }, at) {
    const held = userCoupons.get(userCouponId)
    if (!held || held.expired || held.uses > 0 || at < held.valid_until) return []
    return [event('CouponExpired', { userCouponId, couponId: held.coupon_id, userId: held.user_id })]
  },
  answer: () => undefined,
})
