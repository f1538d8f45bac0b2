import type { OrderRow, OrderStatus, PricedItem } from './tables.js'

/** An order as its owner sees it. Amounts are minor units of `currency`, times RFC 3339. */
export interface OrderView {
  id: string
  userId: string
  status: OrderStatus
  items: PricedItem[]
  subtotal: number
  discount: number
  payable: number
  currency: string
  userCouponId?: string
  deliveryAddressId: string
  payment: { method: 'CARD' }
  failure?: { step: string; reason: string }
  cancellation?: { reason: string }
  deadlineAt: string
  createdAt: string
  updatedAt: string
}

export const orderView = (row: OrderRow): OrderView => ({
  id: row.id,
  userId: row.user_id,
  status: row.status,
  items: row.items,
  subtotal: row.subtotal,
  discount: row.discount,
  payable: row.payable,
  currency: row.currency,
  ...(row.user_coupon_id !== null && { userCouponId: row.user_coupon_id }),
  deliveryAddressId: row.delivery_address_id,
  payment: { method: row.payment_method },
  ...(row.failure_step !== null && { failure: { step: row.failure_step, reason: row.failure_reason ?? '' } }),
  ...(row.cancel_reason !== null && { cancellation: { reason: row.cancel_reason } }),
  deadlineAt: row.deadline_at.toISOString(),
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
})
