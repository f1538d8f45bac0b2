import { newId, type Recorded } from '@chorus/chassis'
import { heard, NOW, Rehearsal } from '@chorus/chassis/testing'
import { product } from './service.js'
import type { Line, ProductRow, ReservationRow } from './tables.js'

export { mixed, names, NOW } from '@chorus/chassis/testing'

export const [BOOK, PEN, UNKNOWN] = [newId(), newId(), newId()]
const card = { currency: 'USD', payment: { method: 'CARD' } } as const

/** What an order asks for. */
export interface Demand {
  orderId?: string
  items?: Line[]
  userCouponId?: string
}

const demandOf = ({ orderId = newId(), items = [{ productId: BOOK, quantity: 1 }] }: Demand) => ({
  orderId,
  userId: 'u1',
  items,
})

export function orderCreated({ userCouponId, ...demand }: Demand = {}): Recorded {
  const { items, ...flow } = demandOf(demand)
  return heard('OrderCreated', {
    ...flow,
    payment: card.payment,
    items: items.map((item) => ({ ...item, unitPrice: 100 })),
    subtotal: { amount: items.reduce((sum, { quantity }) => sum + 100 * quantity, 0), currency: 'USD' },
    ...(userCouponId !== undefined && { userCouponId }),
    deliveryAddressId: 'home',
    deadlineAt: NOW.toISOString(),
  })
}

export const couponUsed = ({ userCouponId = newId(), ...demand }: Demand = {}) =>
  heard('CouponUsed', {
    ...demandOf(demand),
    ...card,
    userCouponId,
    couponId: newId(),
    discount: 30,
    payable: 70,
  })

export const orderCancelled = (orderId: string) =>
  heard('OrderCancelled', { orderId, userId: 'u1', reason: 'USER' })
export const orderFailed = (orderId: string) =>
  heard('OrderFailed', { orderId, userId: 'u1', step: 'STOCK', reason: 'STOCK_SHORT' })
export const paymentFailed = (orderId: string) =>
  heard('PaymentFailed', { paymentId: newId(), orderId, userId: 'u1', reason: 'DECLINED' })

export const productCreated = (productId: string, stock: number) =>
  heard('ProductCreated', {
    productId,
    name: 'Thing',
    category: 'things',
    price: { amount: 100, currency: 'USD' },
    priceVersion: 1,
    stock,
  })

/** The product service with so many books and pens. */
export function shopWith(stock: { books?: number; pens?: number } = {}): Rehearsal {
  const shop = new Rehearsal(product)
  shop.fold([productCreated(BOOK, stock.books ?? 0), productCreated(PEN, stock.pens ?? 0)])
  return shop
}

export const productsIn = (shop: Rehearsal) => shop.rows().products as unknown as ProductRow[]
export const reservationsIn = (shop: Rehearsal) => shop.rows().reservations as unknown as ReservationRow[]
export const stockOf = (shop: Rehearsal, id: string) => productsIn(shop).find((row) => row.id === id)?.stock
export const statusOf = (shop: Rehearsal, orderId: string) =>
  reservationsIn(shop).find((row) => row.order_id === orderId)?.status
