import { contracts } from '@chorus/contracts'
import { describedServices } from '../services.js'
import { HORIZON } from './horizon.js'
import type { Check } from './scope.js'

/** The legal life of one kind of aggregate. */
interface Life {
  /** By event type, the types that may come next; `''` is the beginning. */
  next: Readonly<Record<string, readonly string[]>>
  /** By the type of the last event, the statuses that the row may have. */
  status?: Readonly<Record<string, readonly string[]>>
}

const PAID_OR_NOT = [
  'PaymentUnconfirmed',
  'PaymentCompleted',
  'PaymentFailed',
  'PaymentRefundRequested',
  'PaymentCancelled',
]
const PRODUCT = ['ProductPriceChanged', 'StockAdjusted']

const LIVES: Readonly<Record<string, Life>> = {
  order: {
    next: { '': ['OrderCreated'], OrderCreated: ['OrderCompleted', 'OrderFailed', 'OrderCancelled'] },
    status: {
      OrderCreated: ['PENDING', 'COUPON_APPLIED', 'STOCK_SECURED'],
      OrderCompleted: ['COMPLETED'],
      OrderFailed: ['FAILED'],
      OrderCancelled: ['CANCELLED'],
    },
  },
  couponUse: {
    next: {
      '': ['CouponUsed', 'CouponRejected', 'CouponUseTombstoned'],
      CouponUsed: ['CouponRestored'],
      CouponUseTombstoned: ['CouponRejected'],
    },
    status: {
      CouponUsed: ['USED'],
      CouponRejected: ['REJECTED'],
      CouponUseTombstoned: ['TOMBSTONED'],
      CouponRestored: ['RESTORED'],
    },
  },
  userCoupon: { next: { '': ['CouponIssued'], CouponIssued: ['CouponExpired'] } },
  coupon: { next: { '': ['CouponCreated'] } },
  product: {
    next: {
      '': ['ProductCreated'],
      ProductCreated: PRODUCT,
      ProductPriceChanged: PRODUCT,
      StockAdjusted: PRODUCT,
    },
  },
  reservation: {
    next: {
      '': ['StockDecremented', 'StockUnavailable', 'StockReservationTombstoned'],
      StockDecremented: ['StockRestored'],
      StockReservationTombstoned: ['StockUnavailable'],
    },
    status: {
      StockDecremented: ['DECREMENTED'],
      StockUnavailable: ['REJECTED'],
      StockReservationTombstoned: ['TOMBSTONED'],
      StockRestored: ['RESTORED'],
    },
  },
  payment: {
    next: {
      '': ['PaymentRequested', 'PaymentTombstoned'],
      PaymentRequested: PAID_OR_NOT,
      PaymentUnconfirmed: PAID_OR_NOT,
      PaymentCompleted: ['PaymentRefundRequested', 'PaymentCancelled'],
      PaymentRefundRequested: ['PaymentRefunded', 'PaymentCancelled', 'PaymentFailed'],
    },
    status: {
      PaymentRequested: ['REQUESTED'],
      PaymentUnconfirmed: ['UNKNOWN'],
      PaymentCompleted: ['COMPLETED'],
      PaymentFailed: ['FAILED'],
      PaymentRefundRequested: ['REFUNDING'],
      PaymentRefunded: ['REFUNDED'],
      PaymentCancelled: ['CANCELLED'],
      PaymentTombstoned: ['CANCELLED'],
    },
  },
}

const pairs = (table: Readonly<Record<string, readonly string[]>>) =>
  Object.entries(table).flatMap(([from, all]) => all.map((to) => `${from}>${to}`))

/** Once a part of the outbox was dropped, a history may begin in its middle, or not be there at all. */
const brokenHistories = (table: string, id: string, life: Life) => `
  WITH horizon AS (SELECT ${HORIZON} > '-infinity' AS passed), told AS (
    SELECT subject, type, aggregateversion::int AS version, row_number() OVER life AS place,
           CASE WHEN passed THEN min(aggregateversion::int) OVER (PARTITION BY subject) ELSE 1 END AS first,
           coalesce(lag(type) OVER life, '') AS before, lead(type) OVER life IS NULL AS last
      FROM outbox, horizon WHERE type = ANY($1::text[])
    WINDOW life AS (PARTITION BY subject ORDER BY aggregateversion::int, id)
  )
  SELECT subject AS id FROM told
   WHERE version <> place + first - 1 OR (before || '>' || type <> ALL($2::text[]) AND NOT (version = first AND first > 1))
  UNION
  SELECT coalesce(r.${id}::text, l.subject) FROM ${table} r
    FULL JOIN (SELECT * FROM told WHERE last) l ON l.subject = r.${id}::text CROSS JOIN horizon
   WHERE (r.version IS DISTINCT FROM l.version AND NOT (horizon.passed AND l.subject IS NULL))
      ${life.status ? `OR l.type || '>' || r.status <> ALL($3::text[])` : ''}`

/** 11: one check for each kind of aggregate. */
export const historyChecks: Check[] = describedServices.flatMap(({ name, tables }) =>
  Object.values(tables).flatMap(({ name: table, id, aggregate }): Check[] => {
    const life = aggregate === undefined ? undefined : LIVES[aggregate]
    if (!life) return []
    const types = [...new Set(contracts.filter((c) => c.aggregate === aggregate).map(({ type }) => type))]
    return [
      {
        invariant: 11,
        what: `the events of every row of ${table} have no gap, are in a legal order, and end where the row stands`,
        look: ({ databases }) =>
          databases.within(
            name,
            `SELECT count(*) FROM outbox WHERE type IN ('${types.join(`', '`)}')`,
            brokenHistories(table, id, life),
            [types, pairs(life.next), ...(life.status ? [pairs(life.status)] : [])],
          ),
      },
    ]
  }),
)
