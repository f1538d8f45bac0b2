import { newId, type Recorded } from '@chorus/chassis'
import { heard, Rehearsal } from '@chorus/chassis/testing'
import type { Events } from '@chorus/contracts'
import { coupon } from './service.js'
import type { CouponRow, CouponUseRow, UserCouponRow } from './tables.js'

export { mixed, names, NOW } from '@chorus/chassis/testing'
export const [OPENS, ENDS] = ['2026-03-01T00:00:00.000Z', '2026-03-02T00:00:00.000Z']
export const [OPENED, ENDED] = [new Date(OPENS), new Date(ENDS)]
export const [COUPON, HELD] = [newId(), newId()]

type Terms = Partial<Events['CouponCreated']>

/** Five dollars off, for one day. */
export const couponCreated = (terms: Terms = {}) =>
  heard('CouponCreated', {
    couponId: COUPON,
    name: 'Spring',
    type: 'FIXED',
    value: 500,
    currency: 'USD',
    total: 3,
    validFrom: OPENS,
    validUntil: ENDS,
    ...terms,
  })

export const couponIssued = (held: Partial<Events['CouponIssued']> = {}) =>
  heard('CouponIssued', {
    userCouponId: HELD,
    couponId: COUPON,
    userId: 'u1',
    sequence: 1,
    validUntil: ENDS,
    ...held,
  })

/** The coupon service where user u1 holds HELD, a coupon with these terms. */
export function walletWith(terms: Terms = {}): Rehearsal {
  const wallet = new Rehearsal(coupon)
  const { currency: _, ...rated } = couponCreated().data as Events['CouponCreated']
  const created =
    terms.type === 'RATE' ? heard('CouponCreated', { ...rated, ...terms }) : couponCreated(terms)
  wallet.fold([created, couponIssued()])
  return wallet
}

/** What an order asks for. */
export interface Wish {
  orderId?: string
  userId?: string
  userCouponId?: string | undefined
  subtotal?: number
  currency?: string
}

export function orderCreated(wish: Wish = {}): Recorded {
  const { orderId = newId(), userId = 'u1', subtotal = 2000, currency = 'USD' } = wish
  const userCouponId = 'userCouponId' in wish ? wish.userCouponId : HELD
  return heard('OrderCreated', {
    orderId,
    userId,
    items: [{ productId: COUPON, quantity: 1, unitPrice: subtotal }],
    subtotal: { amount: subtotal, currency },
    ...(userCouponId !== undefined && { userCouponId }),
    deliveryAddressId: 'home',
    payment: { method: 'CARD' },
    deadlineAt: ENDS,
  })
}

const flowOf = (orderId: string, userCouponId = HELD) => ({ orderId, userId: 'u1', userCouponId })

/** The ways in which an order can end, each with its coupon. */
export const endings = {
  StockUnavailable: (orderId: string, held?: string) =>
    heard('StockUnavailable', { ...flowOf(orderId, held), reason: 'STOCK_SHORT', missing: [] }),
  PaymentFailed: (orderId: string, held?: string) =>
    heard('PaymentFailed', { ...flowOf(orderId, held), paymentId: newId(), reason: 'DECLINED' }),
  OrderFailed: (orderId: string, held?: string) =>
    heard('OrderFailed', { ...flowOf(orderId, held), step: 'STOCK', reason: 'STOCK_SHORT' }),
  OrderCancelled: (orderId: string, held?: string) =>
    heard('OrderCancelled', { ...flowOf(orderId, held), reason: 'USER' }),
}

export const couponsIn = (wallet: Rehearsal) => wallet.rows().coupons as unknown as CouponRow[]
export const heldIn = (wallet: Rehearsal) => wallet.rows().userCoupons as unknown as UserCouponRow[]
export const usesIn = (wallet: Rehearsal) => wallet.rows().couponUses as unknown as CouponUseRow[]
export const useOf = (wallet: Rehearsal, orderId: string) =>
  usesIn(wallet).find((row) => row.order_id === orderId)?.status
