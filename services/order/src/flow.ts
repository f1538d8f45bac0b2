import { event, Premature, type ReadSet, type WriteSet } from '@chorus/chassis'
import { isOpen, projection, reaction, type OrderRow, type tables } from './tables.js'

type Rows = ReadSet<typeof tables>

/** Whoever reports on an order has heard of it, so it exists, in sight or not yet. */
function orderOf({ orders }: Rows, orderId: string): Readonly<OrderRow> {
  const order = orders.get(orderId)
  if (!order) throw new Premature(`order ${orderId}`)
  return order
}

const touches = ({ data: { orderId } }: { data: { orderId: string } }) => ({ orders: [orderId] })

const refusal = ['orderId', 'userId', 'reason'] as const
const STEPS = { CouponRejected: 'COUPON', StockUnavailable: 'STOCK', PaymentFailed: 'PAYMENT' } as const

/** A step refused: the order fails. What comes after the end of an order changes nothing. */
export const failOrder = reaction(
  { CouponRejected: refusal, StockUnavailable: refusal, PaymentFailed: refusal },
  {
    touches,
    decide({ type, data: { orderId, userId, reason } }, rows) {
      const order = orderOf(rows, orderId)
      if (order.status === 'COMPLETED') throw new Error(`${type} for order ${orderId}, which is COMPLETED`)
      if (!isOpen(order)) return []
      const userCouponId = order.user_coupon_id ?? undefined
      return [
        event('OrderFailed', {
          orderId,
          userId,
          step: STEPS[type],
          reason,
          ...(userCouponId !== undefined && { userCouponId }),
        }),
      ]
    },
  },
)

/**
 * The money is there: the order is complete, from any open state, because the topics of the steps before are not
 * ordered among each other. A cancelled order stays cancelled; Payment hears of that and refunds.
 */
export const completeOrder = reaction(
  { PaymentCompleted: ['orderId', 'amount'] },
  {
    touches,
    decide({ data: { orderId, amount } }, rows) {
      const order = orderOf(rows, orderId)
      if (order.status === 'FAILED') throw new Error(`PaymentCompleted for order ${orderId}, which is FAILED`)
      if (!isOpen(order)) return []
      const { user_id: userId, items, subtotal, currency } = order
      const discount = subtotal - amount
      return [
        event('OrderCompleted', { orderId, userId, items, subtotal, discount, payable: amount, currency }),
      ]
    },
  },
)

type Progress = Pick<OrderRow, 'status' | 'discount' | 'payable'>

function progress(rows: WriteSet<typeof tables>, orderId: string, change: Progress, at: Date): void {
  const { updated_at } = orderOf(rows, orderId)
  rows.orders.patch(orderId, { updated_at: at > updated_at ? at : updated_at, ...change })
}

/** Shows how far an open order has come. A step that is told late does not set the order back. */
export const followOrder = projection(
  { CouponUsed: ['orderId', 'payable'], StockDecremented: ['orderId', 'payable'] },
  {
    touches,
    project(rows, { type, data, time }) {
      const order = orderOf(rows, data.orderId)
      const amounts = { discount: order.subtotal - data.payable, payable: data.payable }
      if (type === 'CouponUsed' && order.status === 'PENDING') {
        progress(rows, data.orderId, { status: 'COUPON_APPLIED', ...amounts }, time)
      }
      if (type === 'StockDecremented' && isOpen(order)) {
        progress(rows, data.orderId, { status: 'STOCK_SECURED', ...amounts }, time)
      }
    },
  },
)

const priced = ['productId', 'price.amount', 'price.currency', 'priceVersion'] as const

/** Keeps the newest price of each product, whatever comes twice or late. */
export const replicatePrice = projection(
  { ProductCreated: priced, ProductPriceChanged: priced },
  {
    touches: ({ data: { productId } }) => ({ prices: [productId] }),
    project({ prices }, { data: { productId, price, priceVersion } }) {
      const known = prices.get(productId)
      const row = { product_id: productId, ...price, price_version: priceVersion }
      if (!known) prices.insert(row)
      else if (priceVersion > known.price_version) prices.patch(productId, row)
    },
  },
)
