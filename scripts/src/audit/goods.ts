import { HORIZON } from './horizon.js'
import { together } from './finding.js'
import type { Check } from './scope.js'

const BROUGHT = `
  SELECT subject::uuid AS id, bool_or(type = 'ProductCreated') AS whole, sum(coalesce((payload::json->>'stock')::bigint, (payload::json->>'delta')::bigint)) AS n
    FROM outbox WHERE type IN ('ProductCreated', 'StockAdjusted') GROUP BY 1`

const TAKEN = `
  SELECT (item->>'productId')::uuid AS id, sum((item->>'quantity')::bigint) AS n
    FROM reservations, jsonb_array_elements(items) AS item WHERE status = 'DECREMENTED' GROUP BY 1`

/** 4, 7, 12 and 14: stock, coupons and copies of prices. */
export const goodsChecks: Check[] = [
  {
    invariant: 4,
    what: 'of every product, what was brought is what is available and what orders hold',
    look: ({ databases }) =>
      databases.within(
        'product',
        'SELECT count(*) FROM products',
        `WITH brought AS (${BROUGHT}), taken AS (${TAKEN})
         SELECT id FROM products p FULL JOIN brought USING (id) FULL JOIN taken USING (id)
          WHERE p.stock IS NULL OR p.stock < 0
             OR ((brought.whole OR p.created_at >= ${HORIZON})
                 AND brought.n IS DISTINCT FROM p.stock + coalesce(taken.n, 0))`,
      ),
  },
  {
    invariant: 7,
    what: 'of every coupon as many are issued as have a holder, and never more than there are',
    look: ({ databases }) =>
      databases.within(
        'coupon',
        'SELECT count(*) FROM coupons',
        `SELECT c.id FROM coupons c LEFT JOIN user_coupons u ON u.coupon_id = c.id
          GROUP BY c.id HAVING count(u.id) <> c.issued OR c.issued > c.total`,
      ),
  },
  {
    invariant: 7,
    what: 'every held coupon is used by as many orders as it says, by one at most, and is one of a user',
    async look({ databases }) {
      const uses = await databases.within(
        'coupon',
        'SELECT count(*) FROM user_coupons',
        `SELECT u.id FROM user_coupons u LEFT JOIN coupon_uses s ON s.user_coupon_id = u.id AND s.status = 'USED'
          GROUP BY u.id HAVING count(s.order_id) <> u.uses OR u.uses > 1`,
      )
      const twice = await databases.within(
        'coupon',
        '0',
        'SELECT min(id::text) AS id FROM user_coupons GROUP BY user_id, coupon_id HAVING count(*) > 1',
      )
      return together([uses, twice])
    },
  },
  {
    invariant: 15,
    what: 'every held coupon is of a coupon, and every use of a held one',
    look: ({ databases }) =>
      databases.within(
        'coupon',
        'SELECT count(*) FROM coupon_uses',
        `SELECT id FROM user_coupons u WHERE NOT EXISTS (SELECT FROM coupons c WHERE c.id = u.coupon_id)
         UNION ALL
         SELECT order_id FROM coupon_uses s WHERE status IN ('USED', 'RESTORED')
            AND NOT EXISTS (SELECT FROM user_coupons u WHERE u.id = s.user_coupon_id)`,
      ),
  },
  {
    invariant: 12,
    what: 'nothing that was held is given back twice',
    async look({ databases }) {
      const given = [
        ['product', 'StockRestored'],
        ['coupon', 'CouponRestored'],
        ['payment', 'PaymentRefunded'],
      ]
      const looks = given.map(([service, type]) =>
        databases.within(
          service!,
          `SELECT count(*) FROM outbox WHERE type = '${type}'`,
          `SELECT subject AS id FROM outbox WHERE type = '${type}' GROUP BY 1 HAVING count(*) > 1`,
        ),
      )
      return together(await Promise.all(looks))
    },
  },
  {
    invariant: 14,
    what: 'Order’s copy of every price is the price',
    look: ({ databases }) =>
      databases.across(
        {
          service: 'product',
          rows: `SELECT id, concat_ws(' ', price_amount, currency, price_version) AS value FROM products`,
        },
        {
          service: 'order',
          broken: `NOT EXISTS (SELECT FROM prices p WHERE p.product_id = wanted.id
                                  AND concat_ws(' ', p.amount, p.currency, p.price_version) = wanted.value)`,
        },
      ),
  },
]
