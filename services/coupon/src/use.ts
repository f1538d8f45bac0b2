import { event, Premature, type Subset } from '@chorus/chassis'
import type { CouponRejectedData, OrderCreatedData } from '@chorus/contracts'
import { discountOf } from './discount.js'
import { reaction, type CouponRow, type UserCouponRow } from './tables.js'

type Reason = CouponRejectedData['reason']

const needed = [
  'orderId',
  'userId',
  'userCouponId',
  'items.productId',
  'items.quantity',
  'subtotal.amount',
  'subtotal.currency',
  'payment.method',
  'payment.token',
] as const
type Order = Subset<OrderCreatedData, (typeof needed)[number]>

/** The terms of the template that the order does not meet. */
function whyNotOnThisOrder(coupon: CouponRow, order: Order): Reason | undefined {
  if (coupon.currency !== null && coupon.currency !== order.subtotal.currency)
    return 'COUPON_CURRENCY_MISMATCH'
  if (order.subtotal.amount < (coupon.minimum_amount ?? 0)) return 'COUPON_MINIMUM_NOT_REACHED'
  return undefined
}

/** Someone else's coupon is refused before anything else about it is told. */
function whyNotUsable(
  held: UserCouponRow | undefined,
  coupon: CouponRow | undefined,
  order: Order,
  at: Date,
): Reason | undefined {
  if (!held || !coupon) return 'COUPON_UNKNOWN'
  if (held.user_id !== order.userId) return 'COUPON_NOT_YOURS'
  if (held.uses > 0) return 'COUPON_ALREADY_USED'
  if (held.expired || at >= held.valid_until) return 'COUPON_EXPIRED'
  if (at < coupon.valid_from) return 'COUPON_NOT_YET_VALID'
  return whyNotOnThisOrder(coupon, order)
}

/** Applies a held coupon to the order that names it, or says why not. */
export const useCoupon = reaction(
  { OrderCreated: needed },
  {
    only: { OrderCreated: { when: 'userCouponId' } },
    touches: ({ data }) =>
      data.userCouponId === undefined ? {} : { couponUses: [data.orderId], userCoupons: [data.userCouponId] },
    reads: ({ data }, { userCoupons }) =>
      data.userCouponId === undefined
        ? {}
        : { coupons: () => [userCoupons.get(data.userCouponId!)?.coupon_id] },
    decide({ data: order }, { couponUses, userCoupons, coupons }, at) {
      const { orderId, userId, userCouponId, items, subtotal, payment } = order
      if (userCouponId === undefined) return []
      const reject = (reason: Reason) => [event('CouponRejected', { orderId, userId, userCouponId, reason })]
      const use = couponUses.get(orderId)
      if (use?.status === 'TOMBSTONED') return reject('ORDER_CLOSED')
      if (use) return []
      const held = userCoupons.get(userCouponId)
      const coupon = held && coupons.get(held.coupon_id)
      const refusal = whyNotUsable(held, coupon, order, at)
      if (refusal || !coupon) return reject(refusal ?? 'COUPON_UNKNOWN')
      const discount = discountOf(coupon, subtotal.amount)
      const payable = subtotal.amount - discount
      return [
        event('CouponUsed', {
          orderId,
          userId,
          userCouponId,
          couponId: coupon.id,
          items,
          discount,
          payable,
          currency: subtotal.currency,
          payment,
        }),
      ]
    },
  },
)

const undone = ['orderId', 'userCouponId'] as const

/** Gives the coupon of an order that ended back to its holder. */
export const restoreCoupon = reaction(
  { StockUnavailable: undone, PaymentFailed: undone, OrderFailed: undone, OrderCancelled: undone },
  {
    only: {
      StockUnavailable: { when: 'userCouponId' },
      PaymentFailed: { when: 'userCouponId' },
      OrderFailed: { when: 'userCouponId' },
      OrderCancelled: { when: 'userCouponId' },
    },
    touches: ({ data: { orderId, userCouponId } }) =>
      userCouponId === undefined ? {} : { couponUses: [orderId], userCoupons: [userCouponId] },
    decide({ type, data: { orderId, userCouponId } }, { couponUses, userCoupons }, at) {
      if (userCouponId === undefined) return []
      const use = couponUses.get(orderId)
      if (use?.status === 'USED') {
        const held = userCoupons.get(userCouponId)!
        const status = held.expired || at >= held.valid_until ? 'EXPIRED' : 'ISSUED'
        return [event('CouponRestored', { orderId, userCouponId, status })]
      }
      if (use) return []
      if (type === 'OrderCancelled') return [event('CouponUseTombstoned', { orderId, userCouponId })]
      throw new Premature(`the coupon use of order ${orderId}`)
    },
  },
)
