/** The rows of one order, as the baseline writes them. */
export interface BaselineOrder {
  id: string
  productId: string
  quantity: number
  paymentId: string
}

/** One transaction: statements with their values. One statement alone needs no BEGIN. */
export type Transaction = readonly { name: string; text: string; values: readonly unknown[] }[]

const PRICE = 1000
const itemsOf = ({ productId, quantity }: BaselineOrder) =>
  JSON.stringify([{ productId, quantity, unitPrice: PRICE }])
const amountOf = ({ quantity }: BaselineOrder) => quantity * PRICE

const INSERT_ORDERS = `INSERT INTO orders (id, user_id, status, items, subtotal, discount, payable, currency,
  delivery_address_id, payment_method, deadline_at, version, created_at, updated_at)
  SELECT id, 'bench', 'PENDING', items, subtotal, 0, subtotal, 'USD', 'home', 'CARD', now() + interval '5 minutes', 1, now(), now()`
const INSERT_PAYMENTS = `INSERT INTO payments (order_id, id, user_id, status, amount, currency, method, version, created_at, updated_at)
  SELECT order_id, id, 'bench', 'REQUESTED', amount, 'USD', 'CARD', 1, now(), now()`
const INSERT_RESERVATIONS = `INSERT INTO reservations (order_id, status, items, version, updated_at)
  SELECT order_id, 'DECREMENTED', items, 1, now()`
const PAID = `status = 'COMPLETED', gateway_reference = 'none', paid_at = now(), version = version + 1, updated_at = now()`
const COMPLETED = `status = 'COMPLETED', version = version + 1, updated_at = now()`

/** What the services write for an order, one row a statement, in the five transactions that they write it in. */
export const oneByOne = (order: BaselineOrder): Transaction[] => [
  [
    {
      name: 'order',
      text: `${INSERT_ORDERS} FROM (VALUES ($1::uuid, $2::jsonb, $3::bigint)) AS v(id, items, subtotal)`,
      values: [order.id, itemsOf(order), amountOf(order)],
    },
  ],
  [
    {
      name: 'stock',
      text: 'UPDATE products SET stock = stock - $2, version = version + 1 WHERE id = $1 AND stock >= $2',
      values: [order.productId, order.quantity],
    },
    {
      name: 'reservation',
      text: `${INSERT_RESERVATIONS} FROM (VALUES ($1::uuid, $2::jsonb)) AS v(order_id, items)`,
      values: [order.id, itemsOf(order)],
    },
  ],
  [
    {
      name: 'payment',
      text: `${INSERT_PAYMENTS} FROM (VALUES ($1::uuid, $2::uuid, $3::bigint)) AS v(order_id, id, amount)`,
      values: [order.id, order.paymentId, amountOf(order)],
    },
  ],
  [{ name: 'paid', text: `UPDATE payments SET ${PAID} WHERE order_id = $1`, values: [order.id] }],
  [{ name: 'completed', text: `UPDATE orders SET ${COMPLETED} WHERE id = $1`, values: [order.id] }],
]

function takeStock(orders: readonly BaselineOrder[]): Transaction {
  const sold = new Map<string, number>()
  for (const { productId, quantity } of orders) sold.set(productId, (sold.get(productId) ?? 0) + quantity)
  const products = [...sold].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const ids = products.map(([id]) => id)
  return [
    {
      name: 'lock',
      text: 'SELECT 1 FROM products WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE',
      values: [ids],
    },
    {
      name: 'stocks',
      text: `UPDATE products p SET stock = stock - v.quantity, version = version + 1
        FROM unnest($1::uuid[], $2::bigint[]) AS v(id, quantity) WHERE p.id = v.id AND stock >= v.quantity`,
      values: [ids, products.map(([, quantity]) => quantity)],
    },
    {
      name: 'reservations',
      text: `${INSERT_RESERVATIONS} FROM unnest($1::uuid[], $2::jsonb[]) AS v(order_id, items)`,
      values: [orders.map(({ id }) => id), orders.map(itemsOf)],
    },
  ]
}

const one = (name: string, text: string, ...values: unknown[]): Transaction => [{ name, text, values }]

/** The same for many orders: five transactions for all of them. */
export function setBased(orders: readonly BaselineOrder[]): Transaction[] {
  const ids = orders.map(({ id }) => id)
  const amounts = orders.map(amountOf)
  return [
    one(
      'orders',
      `${INSERT_ORDERS} FROM unnest($1::uuid[], $2::jsonb[], $3::bigint[]) AS v(id, items, subtotal)`,
      ids,
      orders.map(itemsOf),
      amounts,
    ),
    takeStock(orders),
    one(
      'payments',
      `${INSERT_PAYMENTS} FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS v(order_id, id, amount)`,
      ids,
      orders.map(({ paymentId }) => paymentId),
      amounts,
    ),
    one('paids', `UPDATE payments SET ${PAID} WHERE order_id = ANY($1::uuid[])`, ids),
    one('completeds', `UPDATE orders SET ${COMPLETED} WHERE id = ANY($1::uuid[])`, ids),
  ]
}
