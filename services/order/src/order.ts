import { deriveId, event, refuse, type CommandRule } from '@chorus/chassis'
import { command, isOpen, type PricedItem, type tables } from './tables.js'
import { orderView, type OrderView } from './view.js'

/** The body of POST /orders. */
export interface NewOrder {
  items: { productId: string; quantity: number }[]
  userCouponId?: string
  deliveryAddressId: string
  payment: { method: 'CARD'; token?: string }
}

/** An order's id follows from the command, so a repeated request names the same order. */
const idOfNew = (commandId: string) => deriveId(commandId, 'order')

const sum = (items: readonly PricedItem[]) =>
  items.reduce((total, { quantity, unitPrice }) => total + quantity * unitPrice, 0)

/**
 * Places an order at the prices that Order knows.
 * @param deadlineSeconds after which an order that is still open is cancelled
 */
export const placeOrder = (deadlineSeconds: number): CommandRule<typeof tables, NewOrder, OrderView> =>
  command('placeOrder', {
    touches: ({ id }) => ({ orders: [idOfNew(id)] }),
    reads: ({ body }) => ({ prices: body.items.map(({ productId }) => productId) }),
    decide({ id, userId, body }, { prices }, at) {
      const unknown = body.items.find(({ productId }) => !prices.get(productId))
      if (unknown) return refuse('PRODUCT_UNKNOWN', `There is no product ${unknown.productId}.`)
      const priceOf = (productId: string) => prices.get(productId)!
      const { currency } = priceOf(body.items[0]!.productId)
      if (body.items.some(({ productId }) => priceOf(productId).currency !== currency)) {
        return refuse('CURRENCIES_MIXED', 'All products of an order must have the same currency.')
      }
      const items = body.items.map(({ productId, quantity }) => ({
        productId,
        quantity,
        unitPrice: priceOf(productId).amount,
      }))
      const deadlineAt = new Date(at.getTime() + deadlineSeconds * 1000).toISOString()
      const { payment, deliveryAddressId, userCouponId } = body
      return [
        event('OrderCreated', {
          orderId: idOfNew(id),
          userId,
          items,
          subtotal: { amount: sum(items), currency },
          ...(userCouponId !== undefined && { userCouponId }),
          deliveryAddressId,
          payment,
          deadlineAt,
        }),
      ]
    },
    answer: ({ id }, { orders }) => orderView(orders.get(idOfNew(id))!),
  })

const ended = (
  row: { id: string; user_id: string; user_coupon_id: string | null },
  reason: 'USER' | 'EXPIRED',
) =>
  event('OrderCancelled', {
    orderId: row.id,
    userId: row.user_id,
    reason,
    ...(row.user_coupon_id !== null && { userCouponId: row.user_coupon_id }),
  })

/** The user gives an open order up; every owner undoes its part when it hears of it. */
export const cancelOrder = command<{ id: string }, OrderView>('cancelOrder', {
  touches: ({ body }) => ({ orders: [body.id] }),
  decide({ body: { id }, userId }, { orders }) {
    const order = orders.get(id)
    if (!order || order.user_id !== userId) return refuse('NOT_FOUND', `You have no order ${id}.`)
    if (order.status === 'CANCELLED') return []
    if (!isOpen(order)) return refuse('ORDER_NOT_OPEN', `The order is ${order.status}.`)
    return [ended(order, 'USER')]
  },
  answer: ({ body }, { orders }) => orderView(orders.get(body.id)!),
})

/** For the deadline sweep. */
export const expireOrder = command<{ id: string }, void>('expireOrder', {
  touches: ({ body }) => ({ orders: [body.id] }),
  decide({ body: { id } }, { orders }, at) {
    const order = orders.get(id)
    return order && isOpen(order) && at >= order.deadline_at ? [ended(order, 'EXPIRED')] : []
  },
  answer: () => undefined,
})
