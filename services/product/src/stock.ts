import { event, Premature, type ReadSet } from '@chorus/chassis'
import { reaction, type Line, type tables } from './tables.js'

type Rows = ReadSet<typeof tables>

/** The same product on two lines is one demand. */
function demandOf(items: readonly Line[]): Map<string, number> {
  const demand = new Map<string, number>()
  for (const { productId, quantity } of items) demand.set(productId, (demand.get(productId) ?? 0) + quantity)
  return demand
}

interface Missing {
  productId: string
  requested: number
  available: number
}

function missingOf(items: readonly Line[], { products }: Rows): { unknown: boolean; missing: Missing[] } {
  const missing = [...demandOf(items)]
    .map(([productId, requested]) => ({
      productId,
      requested,
      available: products.get(productId)?.stock ?? 0,
    }))
    .filter(({ requested, available }) => available < requested)
  return { unknown: missing.some(({ productId }) => !products.get(productId)), missing }
}

const order = ['orderId', 'userId', 'userCouponId', 'payment.method', 'payment.token'] as const
const lines = ['items.productId', 'items.quantity'] as const

/**
 * Takes all lines of an order from the stock, or none. An order without a coupon comes here straight from Order;
 * one with a coupon comes once the coupon is used.
 */
export const decrementStock = reaction(
  {
    OrderCreated: [...order, ...lines, 'subtotal.amount', 'subtotal.currency'],
    CouponUsed: [...order, ...lines, 'payable', 'currency'],
  },
  {
    only: { OrderCreated: { unless: 'userCouponId' } },
    touches: ({ data }) => ({
      reservations: [data.orderId],
      products: data.items.map(({ productId }) => productId),
    }),
    decide({ type, data }, rows) {
      const { orderId, userId, items, payment, userCouponId } = data
      const flow = { orderId, userId, ...(userCouponId !== undefined && { userCouponId }) }
      const reservation = rows.reservations.get(orderId)
      if (reservation?.status === 'TOMBSTONED') {
        return [event('StockUnavailable', { reason: 'ORDER_CLOSED', missing: [], ...flow })]
      }
      if (reservation) return []
      const { unknown, missing } = missingOf(items, rows)
      if (missing.length > 0) {
        const reason = unknown ? 'PRODUCT_UNKNOWN' : 'STOCK_SHORT'
        return [event('StockUnavailable', { reason, missing, ...flow })]
      }
      const [payable, currency] =
        type === 'CouponUsed' ? [data.payable, data.currency] : [data.subtotal.amount, data.subtotal.currency]
      return [event('StockDecremented', { items, payable, currency, payment, ...flow })]
    },
  },
)

const restore = (orderId: string, items: readonly Line[]) =>
  event('StockRestored', { orderId, items: [...items] })

/**
 * Gives the pieces of an order back. A cancelled order that never came here leaves a tombstone: its demand may
 * still be on the way, on another topic.
 */
export const restoreStock = reaction(
  { PaymentFailed: ['orderId'], OrderFailed: ['orderId'], OrderCancelled: ['orderId'] },
  {
    touches: ({ data: { orderId } }, { reservations }) => ({
      reservations: [orderId],
      products: () => reservations.get(orderId)?.items.map(({ productId }) => productId) ?? [],
    }),
    decide({ type, data: { orderId } }, { reservations }) {
      const reservation = reservations.get(orderId)
      if (reservation?.status === 'DECREMENTED') return [restore(orderId, reservation.items)]
      if (reservation) return []
      if (type === 'OrderCancelled') return [event('StockReservationTombstoned', { orderId })]
      if (type === 'PaymentFailed') throw new Premature(`the reservation of order ${orderId}`)
      return []
    },
  },
)
