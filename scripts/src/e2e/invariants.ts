import type { System } from './system.js'

interface OrderRow {
  id: string
  status: string
  payable: number
  user_coupon_id: string | null
}

type ById<Row> = Map<string, Row>

const byOrder = <Row extends { order_id: string }>(rows: readonly Row[]): ById<Row> =>
  new Map(rows.map((row) => [row.order_id, row]))

/**
 * Looks over the four databases and the gateway's own books for anything lost or doubled, after the system has come
 * to rest. @returns a sentence for each thing that is wrong; empty when all is right
 */
export async function brokenInvariants(system: System): Promise<string[]> {
  return [
    ...(await ordersThatDisagree(system)),
    ...(await stockThatDisagrees(system)),
    ...(await couponsThatDisagree(system)),
    ...(await deadLetters(system)),
  ]
}

/** COMPLETED holds one reservation, one capture and its coupon; FAILED and CANCELLED hold nothing. */
async function ordersThatDisagree(system: System): Promise<string[]> {
  const orders = await system.sql<OrderRow>('order', 'SELECT id, status, payable, user_coupon_id FROM orders')
  const payments = byOrder(
    await system.sql<{ order_id: string; id: string; status: string; amount: number }>(
      'payment',
      'SELECT order_id, id, status, amount FROM payments',
    ),
  )
  const reservations = byOrder(
    await system.sql<{ order_id: string; status: string }>(
      'product',
      'SELECT order_id, status FROM reservations',
    ),
  )
  const uses = byOrder(
    await system.sql<{ order_id: string; status: string }>(
      'coupon',
      'SELECT order_id, status FROM coupon_uses',
    ),
  )
  const bookings = await system.bookings()
  const known = new Set([...payments.values()].map(({ id }) => id))
  const foreign = [...bookings.keys()].filter((key) => !known.has(key))
  return [
    ...foreign.map((key) => `the gateway has charge ${key}, which is no payment`),
    ...orders.flatMap(({ id, status, payable, user_coupon_id }) => {
      const payment = payments.get(id)
      const booking = payment && bookings.get(payment.id)
      const holds = {
        stock: reservations.get(id)?.status === 'DECREMENTED',
        coupon: uses.get(id)?.status === 'USED',
        payment: payment?.status === 'COMPLETED' && Number(payment.amount) === Number(payable),
        money: booking?.status === 'CAPTURED' ? booking.amount : 0,
      }
      const completed = status === 'COMPLETED'
      const wanted = {
        stock: completed,
        coupon: completed && user_coupon_id !== null,
        payment: completed,
        money: completed ? Number(payable) : 0,
      }
      const ended = ['COMPLETED', 'FAILED', 'CANCELLED'].includes(status)
      const wrong = JSON.stringify(holds) !== JSON.stringify(wanted)
      return ended && !wrong ? [] : [`order ${id} is ${status} and holds ${JSON.stringify(holds)}`]
    }),
  ]
}

/** Per product: initial + adjustments = available + taken by orders. */
async function stockThatDisagrees(system: System): Promise<string[]> {
  const rows = await system.sql<{ id: string; brought: string; taken: string; stock: string }>(
    'product',
    `WITH brought AS (
       SELECT aggregateid::uuid AS id, sum(coalesce((payload::json->>'stock')::bigint, (payload::json->>'delta')::bigint)) AS n
         FROM outbox WHERE type IN ('ProductCreated', 'StockAdjusted') GROUP BY 1
     ), taken AS (
       SELECT (item->>'productId')::uuid AS id, sum((item->>'quantity')::bigint) AS n
         FROM reservations, jsonb_array_elements(items) AS item WHERE status = 'DECREMENTED' GROUP BY 1
     )
     SELECT p.id, brought.n AS brought, coalesce(taken.n, 0) AS taken, p.stock
       FROM products p LEFT JOIN brought USING (id) LEFT JOIN taken USING (id)
      WHERE p.stock < 0 OR brought.n IS DISTINCT FROM p.stock + coalesce(taken.n, 0)`,
  )
  return rows.map((row) => `product ${row.id}: brought ${row.brought}, taken ${row.taken}, left ${row.stock}`)
}

/** Issued = held <= total; each held coupon is used by as many orders as it says, at most one. */
async function couponsThatDisagree(system: System): Promise<string[]> {
  const templates = await system.sql<{ id: string }>(
    'coupon',
    `SELECT c.id FROM coupons c LEFT JOIN user_coupons u ON u.coupon_id = c.id
      GROUP BY c.id HAVING count(u.id) <> c.issued OR c.issued > c.total`,
  )
  const held = await system.sql<{ id: string }>(
    'coupon',
    `SELECT u.id FROM user_coupons u LEFT JOIN coupon_uses s ON s.user_coupon_id = u.id AND s.status = 'USED'
      GROUP BY u.id HAVING count(s.order_id) <> u.uses OR u.uses > 1`,
  )
  return [
    ...templates.map(({ id }) => `coupon ${id} has not as many holders as were issued`),
    ...held.map(({ id }) => `held coupon ${id} has not as many uses as orders that use it`),
  ]
}

async function deadLetters(system: System): Promise<string[]> {
  const found: string[] = []
  for (const service of system.run.services) {
    const rows = await system.sql<{ reason: string; type: string; detail: string }>(
      service,
      'SELECT reason, type, detail FROM dead_letters',
    )
    found.push(
      ...rows.map(({ reason, type, detail }) => `${service} set aside ${type}: ${reason} (${detail})`),
    )
  }
  return found
}
