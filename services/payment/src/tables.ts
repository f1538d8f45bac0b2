import { rulesOver, table } from '@chorus/chassis'

/**
 * REQUESTED: the intent is committed, the gateway may or may not have been called. UNKNOWN: it was, without a clear
 * answer. REFUNDING: the order ended, or the payment was given up; whatever is captured goes back.
 */
export type PaymentStatus =
  'REQUESTED' | 'UNKNOWN' | 'COMPLETED' | 'FAILED' | 'REFUNDING' | 'REFUNDED' | 'CANCELLED'

/** One payment an order, for ever. */
export interface PaymentRow {
  order_id: string
  /** Also the idempotency key at the gateway. */
  id: string
  user_id: string
  status: PaymentStatus
  /** Minor units of `currency`. */
  amount: number
  currency: string
  method: 'CARD'
  token: string | null
  user_coupon_id: string | null
  gateway_reference: string | null
  failure_reason: string | null
  paid_at: Date | null
  /** Of the event that last asked something of the gateway. */
  traceparent: string
  version: number
  created_at: Date
  updated_at: Date
}

export const tables = { payments: table<PaymentRow>('payments', 'order_id', 'payment') }

export const { reaction, command, effect, evolution } = rulesOver(tables)
