import { inService, type Mutation } from './mutation.js'

/** What rules may get wrong. */
export const ruleMutations: readonly Mutation[] = [
  {
    fault: 'the compensation is skipped that gives stock back',
    service: 'product',
    edits: [inService('product', 'stock', 'return [restore(orderId, reservation.items)]', 'return []')],
    breaks: [3],
  },
  {
    fault: 'the compensation is skipped that gives a coupon back',
    service: 'coupon',
    edits: [
      inService(
        'coupon',
        'use',
        `return [event('CouponRestored', { orderId, userCouponId, status })]`,
        'return []',
      ),
    ],
    breaks: [3],
  },
  {
    fault: 'the coupon is counted before the unique row',
    service: 'coupon',
    edits: [
      inService(
        'coupon',
        'coupon',
        'if (userCoupons.get(userCouponId))',
        'coupons.patch(couponId, { issued: coupon.issued + 1 }); if (userCoupons.get(userCouponId))',
      ),
    ],
    breaks: [7],
  },
  {
    fault: 'stock is reserved and not taken',
    service: 'product',
    edits: [inService('product', 'evolve', 'addLines(rows, data.items, -1);', '')],
    breaks: [4],
  },
  {
    fault: 'the order forgets its discount',
    service: 'order',
    edits: [inService('order', 'flow', 'payable: amount, currency', 'payable: subtotal, currency')],
    breaks: [3],
  },
  {
    fault: 'the copy of a price is never brought up to date',
    service: 'order',
    edits: [inService('order', 'flow', 'priceVersion > known.price_version', 'false')],
    breaks: [14],
  },
  {
    fault: 'every try to charge has a key of its own',
    service: 'payment',
    edits: [
      inService(
        'payment',
        'effects',
        'const { id: key, amount, currency, token } = row;',
        'const { amount, currency, token } = row; const key = crypto.randomUUID();',
      ),
    ],
    breaks: [5, 13],
  },
  {
    fault: 'a refund is booked and not made',
    service: 'payment',
    edits: [inService('payment', 'effects', 'await gateway.cancel(row.id, traceparent)', `'REFUNDED'`)],
    breaks: [5],
  },
  {
    fault: 'what became of a charge is never asked',
    service: 'payment',
    edits: [
      inService(
        'payment',
        'effects',
        'const found = await gateway.find(row.id, traceparent);',
        `const found = { kind: 'unclear' };`,
      ),
    ],
    breaks: [2],
    with: 'time-outs',
  },
]
