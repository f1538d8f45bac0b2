import { HORIZON } from './horizon.js'
import { together } from './finding.js'
import { OPEN, type Check } from './scope.js'

/** 2: nothing is open any more. */
export const ended: Check[] = [
  {
    invariant: 2,
    what: 'every order has come to its end',
    look: ({ databases }) =>
      databases.within(
        'order',
        'SELECT count(*) FROM orders',
        `SELECT id FROM orders WHERE status IN ${OPEN}`,
      ),
  },
  {
    invariant: 2,
    what: 'every payment has come to its end',
    look: ({ databases }) =>
      databases.within(
        'payment',
        'SELECT count(*) FROM payments',
        `SELECT order_id AS id FROM payments WHERE status IN ('REQUESTED', 'UNKNOWN', 'REFUNDING')`,
      ),
  },
]

/** 1, 2, 3 and 15: what became of each order, and what the other services hold for it. */
export const orderChecks: Check[] = [
  {
    invariant: 1,
    what: 'every order was created once, and every acknowledged order exists',
    async look({ databases, acknowledged }) {
      const created = await databases.within(
        'order',
        'SELECT count(*) FROM orders',
        `SELECT coalesce(o.id::text, e.subject) AS id FROM orders o
           FULL JOIN (SELECT subject, count(*) AS n FROM outbox WHERE type = 'OrderCreated' GROUP BY 1) e
             ON e.subject = o.id::text
          WHERE o.id IS NULL OR (e.n IS DISTINCT FROM 1 AND o.created_at >= ${HORIZON})`,
      )
      const lost = await databases.within(
        'order',
        String(acknowledged.length),
        `SELECT id FROM unnest($1::uuid[]) AS told (id) WHERE NOT EXISTS (SELECT FROM orders o WHERE o.id = told.id)`,
        [acknowledged],
      )
      return together([created, lost])
    },
  },
  ...ended,
  {
    invariant: 3,
    what: 'every completed order holds its stock, line by line',
    look: ({ databases }) =>
      databases.across(
        {
          service: 'order',
          rows: `SELECT id, (SELECT jsonb_agg(item - 'unitPrice') FROM jsonb_array_elements(items) AS item)::text AS value
                   FROM orders WHERE status = 'COMPLETED'`,
        },
        {
          service: 'product',
          broken: `NOT EXISTS (SELECT FROM reservations r WHERE r.order_id = wanted.id AND r.status = 'DECREMENTED'
                                  AND r.items = wanted.value::jsonb)`,
        },
      ),
  },
  {
    invariant: 3,
    what: 'every completed order is paid: one payment, of what it costs',
    look: ({ databases }) =>
      databases.across(
        {
          service: 'order',
          rows: `SELECT id, currency || payable AS value FROM orders WHERE status = 'COMPLETED'`,
        },
        {
          service: 'payment',
          broken: `NOT EXISTS (SELECT FROM payments p WHERE p.order_id = wanted.id AND p.status = 'COMPLETED'
                                  AND p.currency || p.amount = wanted.value)`,
        },
      ),
  },
  {
    invariant: 3,
    what: 'every completed order has used the coupon that it names',
    look: ({ databases }) =>
      databases.across(
        {
          service: 'order',
          rows: `SELECT id, user_coupon_id::text AS value FROM orders
                  WHERE status = 'COMPLETED' AND user_coupon_id IS NOT NULL`,
        },
        {
          service: 'coupon',
          broken: `NOT EXISTS (SELECT FROM coupon_uses u WHERE u.order_id = wanted.id AND u.status = 'USED'
                                  AND u.user_coupon_id::text = wanted.value)`,
        },
      ),
  },
  ...holdings([
    { service: 'product', table: 'reservations', status: 'DECREMENTED', held: 'stock' },
    { service: 'payment', table: 'payments', status: 'COMPLETED', held: 'money' },
    { service: 'coupon', table: 'coupon_uses', status: 'USED', held: 'a coupon' },
  ]),
]

interface Holding {
  service: string
  table: string
  /** Of a row that holds something. */
  status: string
  held: string
}

function holdings(all: readonly Holding[]): Check[] {
  return all.flatMap(({ service, table, status, held }): Check[] => [
    {
      invariant: 3,
      what: `${held} is held for completed orders only`,
      look: ({ databases }) =>
        databases.across(
          {
            service,
            rows: `SELECT order_id AS id, NULL::text AS value FROM ${table} WHERE status = '${status}'`,
          },
          {
            service: 'order',
            broken: `NOT EXISTS (SELECT FROM orders o WHERE o.id = wanted.id AND o.status = 'COMPLETED')`,
          },
        ),
    },
    {
      invariant: 15,
      what: `every row of ${table} belongs to an order`,
      look: ({ databases }) =>
        databases.across(
          { service, rows: `SELECT order_id AS id, NULL::text AS value FROM ${table}` },
          { service: 'order', broken: `NOT EXISTS (SELECT FROM orders o WHERE o.id = wanted.id)` },
        ),
    },
  ])
}
