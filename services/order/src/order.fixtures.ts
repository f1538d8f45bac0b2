import { newId } from '@chorus/chassis'
import { heard, NOW, Rehearsal } from '@chorus/chassis/testing'
import type { Events } from '@chorus/contracts'
import { placeOrder } from './order.js'
import { order } from './service.js'
import type { OrderRow, OrderStatus, PriceRow } from './tables.js'

export { names, NOW } from '@chorus/chassis/testing'

export const after = (seconds: number) => new Date(NOW.getTime() + seconds * 1000)
export const [BOOK, PEN, HELD] = [newId(), newId(), newId()]
export const DEADLINE_SECONDS = 300
export const place = placeOrder(DEADLINE_SECONDS)

export const orderCreated = (data: Partial<Events['OrderCreated']> = {}) =>
  heard('OrderCreated', {
    orderId: newId(),
    userId: 'u1',
    items: [{ productId: BOOK, quantity: 2, unitPrice: 1000 }],
    subtotal: { amount: 2000, currency: 'USD' },
    userCouponId: HELD,
    deliveryAddressId: 'home',
    payment: { method: 'CARD' },
    deadlineAt: after(DEADLINE_SECONDS).toISOString(),
    ...data,
  })

const items = [{ productId: BOOK, quantity: 2 }]
const card = { currency: 'USD', payment: { method: 'CARD' } } as const

/** What the other services tell of an order. */
export const told = {
  couponUsed: (orderId: string, at = NOW) =>
    heard(
      'CouponUsed',
      {
        ...card,
        orderId,
        userId: 'u1',
        userCouponId: HELD,
        couponId: newId(),
        items,
        discount: 500,
        payable: 1500,
      },
      at,
    ),
  stockDecremented: (orderId: string, at = NOW) =>
    heard('StockDecremented', { ...card, orderId, userId: 'u1', items, payable: 1500 }, at),
  paymentCompleted: (orderId: string, amount = 1500) =>
    heard('PaymentCompleted', {
      paymentId: newId(),
      orderId,
      amount,
      currency: 'USD',
      paidAt: NOW.toISOString(),
    }),
  couponRejected: (orderId: string) =>
    heard('CouponRejected', { orderId, userId: 'u1', userCouponId: HELD, reason: 'COUPON_EXPIRED' }),
  stockUnavailable: (orderId: string) =>
    heard('StockUnavailable', { orderId, userId: 'u1', reason: 'STOCK_SHORT', missing: [] }),
  paymentFailed: (orderId: string) =>
    heard('PaymentFailed', { paymentId: newId(), orderId, userId: 'u1', reason: 'INSUFFICIENT_FUNDS' }),
}

export const productCreated = (productId: string, amount: number, currency = 'USD') =>
  heard('ProductCreated', {
    productId,
    name: 'Thing',
    category: 'things',
    price: { amount, currency },
    priceVersion: 1,
    stock: 1,
  })
export const priceChanged = (productId: string, amount: number, priceVersion: number) =>
  heard('ProductPriceChanged', { productId, price: { amount, currency: 'USD' }, priceVersion })

export const orderDesk = () => new Rehearsal(order({ deadlineSeconds: DEADLINE_SECONDS }))
export const ordersIn = (desk: Rehearsal) => desk.rows().orders as unknown as OrderRow[]
export const pricesIn = (desk: Rehearsal) => desk.rows().prices as unknown as PriceRow[]

/** How an order came to each of its states. */
export const ROADS: Record<OrderStatus, readonly (keyof typeof told)[]> = {
  PENDING: [],
  COUPON_APPLIED: ['couponUsed'],
  STOCK_SECURED: ['couponUsed', 'stockDecremented'],
  COMPLETED: ['couponUsed', 'stockDecremented', 'paymentCompleted'],
  FAILED: ['stockUnavailable'],
  CANCELLED: [],
}
