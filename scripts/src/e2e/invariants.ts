import type { System } from './system.js'

interface OrderRow {
  id: string
  status: string
  payable: number
  user_coupon_id: string | null
}

interface PaymentRow {
  order_id: string
  id: string
  status: string
  amount: number
}

/**
 * Looks over the four databases and the gateway's own books for anything lost or doubled, after the system has come
 * to rest. @returns a sentence for each thing that is wrong; empty when all is right
 */
export async function brokenInvariants(system: System): Promise<string[]> {
  return [
    ...(await ordersThatDisagree(system)),
    ...(await chargesOfNobody(system)),
    ...(await stockThatDisagrees(system)),
    ...(await couponsThatDisagree(system)),
    ...(await deadLetters(system)),
  ]
}

/** What the services and the gateway hold for one order. */
interface Holdings {
  stock: boolean
  coupon: boolean
  /** Captured, minor units. */
  money: number
  payment: boolean
}

const statuses = async (system: System, service: string, table: string) =>
  new Map(
    (
      await system.sql<{ order_id: string; status: string }>(service, `SELECT order_id, status FROM ${table}`)
    ).map(({ order_id, status }) => [order_id, status]),
  )

async function holdingsOf(system: System): Promise<(order: OrderRow) => Holdings> {
  const rows = await system.sql<PaymentRow>(
    'payment',
    'SELECT order_id, id, status, amount::float FROM payments',
  )
  const payments = new Map(rows.map((row) => [row.order_id, row]))
  const reservations = await statuses(system, 'product', 'reservations')
  const uses = await statuses(system, 'coupon', 'coupon_uses')
  const bookings = await system.bookings()
  return ({ id, payable }) => {
    const payment = payments.get(id)
    const booking = payment && bookings.get(payment.id)
    return {
      stock: reservations.get(id) === 'DECREMENTED',
      coupon: uses.get(id) === 'USED',
      money: booking?.status === 'CAPTURED' ? booking.amount : 0,
      payment: payment?.status === 'COMPLETED' && payment.amount === payable,
    }
  }
}

/** COMPLETED holds one reservation, one capture and its coupon; FAILED and CANCELLED hold nothing. */
async function ordersThatDisagree(system: System): Promise<string[]> {
  const orders = await system.sql<OrderRow>(
    'order',
    'SELECT id, status, payable::float, user_coupon_id FROM orders',
  )
  const holdings = await holdingsOf(system)
  return orders.flatMap((order) => {
    const completed = order.status === 'COMPLETED'
    const wanted: Holdings = {
      stock: completed,
      coupon: completed && order.user_coupon_id !== null,
      money: completed ? order.payable : 0,
      payment: completed,
    }
    const holds = holdings(order)
    const ended = ['COMPLETED', 'FAILED', 'CANCELLED'].includes(order.status)
    const right = ended && JSON.stringify(holds) === JSON.stringify(wanted)
    return right ? [] : [`order ${order.id} is ${order.status} and holds ${JSON.stringify(holds)}`]
  })
}

/** Every charge in the gateway's books is a payment that we know. */
async function chargesOfNobody(system: System): Promise<string[]> {
  const known = new Set(
    (await system.sql<{ id: string }>('payment', 'SELECT id FROM payments')).map(({ id }) => id),
  )
  const keys = [...(await system.bookings()).keys()]
  return keys
    .filter((key) => !known.has(key))
    .map((key) => `the gateway has charge ${key}, which is no payment`)
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
