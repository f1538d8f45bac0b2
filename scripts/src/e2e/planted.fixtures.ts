/** An order that completed with a coupon, and one whose payment was declined. */
export interface Flow {
  productId: string
  completed: string
  failed: string
  couponId: string
  userCouponId: string
}

/** One row of one service, changed as a fault would have left it. */
export interface Planted {
  fault: string
  /** The invariants that are broken by it: these and no others. */
  breaks: number[]
  service: string
  table: string
  /** SQL condition that is true of one row. */
  where(flow: Flow): string
  /** Column by column, SQL that makes the new value. */
  set: Record<string, string>
}

const OTHER_ID = 'gen_random_uuid()'
const completedOrder = ({ completed }: Flow) => `id = '${completed}'`
const failedOrder = ({ failed }: Flow) => `id = '${failed}'`
const ofCompleted = ({ completed }: Flow) => `order_id = '${completed}'`
const ofFailed = ({ failed }: Flow) => `order_id = '${failed}'`

const orders = { service: 'order', table: 'orders' }
const reservations = { service: 'product', table: 'reservations' }
const payments = { service: 'payment', table: 'payments' }
/** The row of the outbox in which a service told of an order. */
const told = (service: string, type: string, of: keyof Flow) => ({
  service,
  table: 'outbox',
  where: (flow: Flow) => `subject = '${flow[of]}' AND type = '${type}'`,
})

/** What is lost, doubled or stuck of orders and what they hold. */
const ofOrders: Planted[] = [
  {
    fault: 'an order is lost',
    breaks: [1, 3, 11, 15],
    ...orders,
    where: completedOrder,
    set: { id: OTHER_ID },
  },
  {
    fault: 'an order is stuck',
    breaks: [2, 3, 11],
    ...orders,
    where: completedOrder,
    set: { status: `'STOCK_SECURED'` },
  },
  {
    fault: 'an order costs other than what was paid',
    breaks: [3],
    ...orders,
    where: completedOrder,
    set: { discount: '0', payable: 'subtotal' },
  },
  {
    fault: 'the compensation was skipped that gives stock back',
    breaks: [3, 4, 11],
    ...reservations,
    where: ofFailed,
    set: { status: `'DECREMENTED'` },
  },
  {
    fault: 'the compensation was skipped that gives a coupon back',
    breaks: [3, 7, 11],
    service: 'coupon',
    table: 'coupon_uses',
    where: ofFailed,
    set: { status: `'USED'` },
  },
  {
    fault: 'other pieces are reserved than were ordered',
    breaks: [3, 4],
    ...reservations,
    where: ofCompleted,
    set: { items: `jsonb_set(items, '{0,quantity}', '7')` },
  },
  {
    fault: 'a payment is of no order',
    breaks: [3, 11, 15],
    ...payments,
    where: ofCompleted,
    set: { order_id: OTHER_ID },
  },
]

/** What is miscounted. */
const ofCounts: Planted[] = [
  {
    fault: 'the stock is off by one',
    breaks: [4],
    service: 'product',
    table: 'products',
    where: ({ productId }) => `id = '${productId}'`,
    set: { stock: 'stock + 1' },
  },
  {
    fault: 'another amount was captured than was paid',
    breaks: [3, 5],
    ...payments,
    where: ofCompleted,
    set: { amount: 'amount + 1' },
  },
  {
    fault: 'a coupon is counted that nobody holds: the counter came before the unique row',
    breaks: [7],
    service: 'coupon',
    table: 'coupons',
    where: ({ couponId }) => `id = '${couponId}'`,
    set: { issued: 'issued + 1' },
  },
  {
    fault: 'a held coupon is used twice',
    breaks: [7],
    service: 'coupon',
    table: 'user_coupons',
    where: ({ userCouponId }) => `id = '${userCouponId}'`,
    set: { uses: 'uses + 1' },
  },
  {
    fault: 'the copy of a price is old',
    breaks: [14],
    service: 'order',
    table: 'prices',
    where: ({ productId }) => `product_id = '${productId}'`,
    set: { amount: 'amount - 1' },
  },
]

/** What is wrong with events. */
const ofEvents: Planted[] = [
  {
    fault: 'an outbox row is not on its topic, and a message is of no outbox',
    breaks: [9, 10],
    ...told('payment', 'PaymentCompleted', 'completed'),
    set: { id: OTHER_ID },
  },
  {
    fault: 'an event was consumed without its work: the offset came before the commit',
    breaks: [10],
    service: 'payment',
    table: 'inbox',
    where: ({ completed }) =>
      `id = (SELECT causationid::uuid FROM outbox WHERE subject = '${completed}' AND type = 'PaymentRequested')`,
    set: { id: OTHER_ID },
  },
  {
    fault: 'a version is left out',
    breaks: [11],
    ...told('order', 'OrderCompleted', 'completed'),
    set: { aggregateversion: `'3'` },
  },
  {
    fault: 'an order fails after it was completed',
    breaks: [10, 11],
    ...told('order', 'OrderCompleted', 'completed'),
    set: { type: `'OrderFailed'` },
  },
  {
    fault: 'a row was changed without an event: the outbox is outside the transaction',
    breaks: [3, 11],
    ...orders,
    where: failedOrder,
    set: { status: `'COMPLETED'` },
  },
  {
    fault: 'stock is given back twice',
    breaks: [11, 12],
    ...told('product', 'StockDecremented', 'failed'),
    set: { type: `'StockRestored'` },
  },
]

export const planted: readonly Planted[] = [...ofOrders, ...ofCounts, ...ofEvents]
