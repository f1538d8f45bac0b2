import type { FlowPart } from '@chorus/chassis'

const ENDED = ['OrderCompleted', 'OrderFailed', 'OrderCancelled'] as const
const NOT_COMPLETED = ['OrderFailed', 'OrderCancelled'] as const

/** Order's part in a flow: it begins it, and ends it on what the others say. */
export const flow: FlowPart = {
  duties: [
    { after: 'OrderCreated', owes: ENDED, by: 'deadlineAt' },
    { after: 'CouponRejected', owes: NOT_COMPLETED },
    { after: 'StockUnavailable', owes: NOT_COMPLETED },
    { after: 'PaymentFailed', owes: NOT_COMPLETED },
    { after: 'PaymentCompleted', owes: ['OrderCompleted', 'OrderCancelled'] },
  ],
  refusals: ['OrderFailed', 'OrderCancelled'],
  ends: { OrderCompleted: 'COMPLETED', OrderFailed: 'FAILED', OrderCancelled: 'CANCELLED' },
  began: 'created_at',
}
