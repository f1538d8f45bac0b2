import type { WriteSet } from '@chorus/chassis'
import { evolution, type tables, type UserCouponRow } from './tables.js'

type Rows = WriteSet<typeof tables>
type Held = Pick<UserCouponRow, 'id' | 'coupon_id' | 'user_id'>

const EPOCH = new Date(0)

/**
 * A held coupon's uses have the order's key, and its template's count changes under the held coupon's key: their
 * events may come before what they are about. Then it stands as a blank, and counts are kept by deltas.
 */
function ensureHeld({ userCoupons }: Rows, held: Held): UserCouponRow {
  if (!userCoupons.get(held.id)) {
    userCoupons.insert({ ...held, uses: 0, expired: false, valid_until: EPOCH, created_at: EPOCH })
  }
  return userCoupons.get(held.id)!
}

function countIssued({ coupons }: Rows, id: string, by: number): void {
  const coupon = coupons.get(id)
  if (coupon) return coupons.patch(id, { issued: coupon.issued + by })
  coupons.insert({
    id,
    name: '',
    type: 'FIXED',
    value: 0,
    currency: null,
    minimum_amount: null,
    maximum_discount: null,
    total: 0,
    issued: by,
    valid_from: EPOCH,
    valid_until: EPOCH,
    created_at: EPOCH,
  })
}

/** How the coupon service's own events change its rows. */
export const evolve = evolution({
  CouponCreated(rows, { data, time }) {
    countIssued(rows, data.couponId, 0)
    rows.coupons.patch(data.couponId, {
      name: data.name,
      type: data.type,
      value: data.value,
      currency: data.currency ?? null,
      minimum_amount: data.minimumAmount ?? null,
      maximum_discount: data.maximumDiscount ?? null,
      total: data.total,
      valid_from: new Date(data.validFrom),
      valid_until: new Date(data.validUntil),
      created_at: time,
    })
  },
  CouponIssued(rows, { data, time }) {
    countIssued(rows, data.couponId, 1)
    ensureHeld(rows, { id: data.userCouponId, coupon_id: data.couponId, user_id: data.userId })
    rows.userCoupons.patch(data.userCouponId, { valid_until: new Date(data.validUntil), created_at: time })
  },
  CouponExpired({ userCoupons }, { data }) {
    userCoupons.patch(data.userCouponId, { expired: true })
  },
  CouponUsed(rows, { data, time }) {
    const held = ensureHeld(rows, { id: data.userCouponId, coupon_id: data.couponId, user_id: data.userId })
    rows.userCoupons.patch(held.id, { uses: held.uses + 1 })
    rows.couponUses.insert({
      order_id: data.orderId,
      user_coupon_id: held.id,
      status: 'USED',
      updated_at: time,
    })
  },
  CouponRejected({ couponUses }, { data: { orderId, userCouponId }, time }) {
    if (couponUses.get(orderId)) couponUses.patch(orderId, { status: 'REJECTED', updated_at: time })
    else
      couponUses.insert({
        order_id: orderId,
        user_coupon_id: userCouponId,
        status: 'REJECTED',
        updated_at: time,
      })
  },
  CouponRestored({ couponUses, userCoupons }, { data: { orderId, userCouponId, status }, time }) {
    couponUses.patch(orderId, { status: 'RESTORED', updated_at: time })
    const held = userCoupons.get(userCouponId)!
    userCoupons.patch(userCouponId, { uses: held.uses - 1, expired: held.expired || status === 'EXPIRED' })
  },
  CouponUseTombstoned: ({ couponUses }, { data: { orderId, userCouponId }, time }) =>
    couponUses.insert({
      order_id: orderId,
      user_coupon_id: userCouponId,
      status: 'TOMBSTONED',
      updated_at: time,
    }),
})
