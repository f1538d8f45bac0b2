import type { FlowPart } from '@chorus/chassis'

const ANSWERS = ['StockDecremented', 'StockUnavailable'] as const

/** Product's part in a flow: straight after the order, or after its coupon. */
export const flow: FlowPart = {
  duties: [
    { after: 'OrderCreated', unless: 'userCouponId', owes: ANSWERS },
    { after: 'CouponUsed', owes: ANSWERS },
    { after: 'PaymentFailed', owes: ['StockRestored'] },
    { after: 'OrderCancelled', owes: ['StockRestored', 'StockUnavailable', 'StockReservationTombstoned'] },
  ],
  undoes: { StockRestored: 'StockDecremented' },
  refusals: ['StockUnavailable'],
}
