import type { FlowPart } from '@chorus/chassis'

/** Coupon's part in a flow: only where the order has a coupon. */
export const flow: FlowPart = {
  duties: [
    { after: 'OrderCreated', when: 'userCouponId', owes: ['CouponUsed', 'CouponRejected'] },
    { after: 'StockUnavailable', when: 'userCouponId', owes: ['CouponRestored'] },
    { after: 'PaymentFailed', when: 'userCouponId', owes: ['CouponRestored'] },
    { after: 'OrderFailed', when: 'userCouponId', owes: ['CouponRestored', 'CouponRejected'] },
    {
      after: 'OrderCancelled',
      when: 'userCouponId',
      owes: ['CouponRestored', 'CouponRejected', 'CouponUseTombstoned'],
    },
  ],
  undoes: { CouponRestored: 'CouponUsed' },
  refusals: ['CouponRejected'],
}
