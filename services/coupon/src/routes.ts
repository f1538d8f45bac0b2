import { pageOf, paging, placeOf, type Route } from '@chorus/chassis'
import { createCoupon, issueCoupon, userCouponView } from './coupon.js'
import type { UserCouponRow } from './tables.js'

const amount = { type: 'integer', minimum: 0, maximum: 100_000_000_000_000 }
const instant = { type: 'string', format: 'date-time', maxLength: 40 }

/** The REST interface of the coupon service. */
export const routes: Route[] = [
  {
    method: 'post',
    path: '/coupons',
    access: 'admin',
    summary: 'Create a coupon template',
    rule: createCoupon,
    body: {
      type: 'object',
      required: ['name', 'type', 'value', 'total', 'validFrom', 'validUntil'],
      additionalProperties: false,
      properties: {
        name: { type: 'string', minLength: 1, maxLength: 100 },
        type: { type: 'string', enum: ['FIXED', 'RATE'] },
        value: { ...amount, minimum: 1, description: 'Minor units (FIXED) or percent (RATE).' },
        currency: { type: 'string', pattern: '^[A-Z]{3}$' },
        minimumAmount: amount,
        maximumDiscount: { ...amount, minimum: 1 },
        total: { type: 'integer', minimum: 1, maximum: 1_000_000_000 },
        validFrom: instant,
        validUntil: instant,
      },
    },
    idempotencyKey: 'optional',
    status: 201,
  },
  {
    method: 'post',
    path: '/coupons/:id/issue',
    access: 'user',
    summary: 'Take a coupon: first come, first served, one a user',
    rule: issueCoupon,
    idempotencyKey: 'optional',
    status: 201,
  },
  {
    method: 'get',
    path: '/user-coupons',
    access: 'user',
    summary: 'List my coupons, newest first',
    query: { type: 'object', additionalProperties: false, properties: { ...paging } },
    async read(knex, { caller, query }) {
      const limit = query.limit as number
      const rows = knex<UserCouponRow>('user_coupons').where('user_id', caller.userId)
      const place = placeOf(query.cursor)
      if (place) void rows.whereRaw('(created_at, id) < (?, ?)', [place.at, place.id])
      return pageOf(await rows.orderByRaw('created_at DESC, id DESC').limit(limit + 1), limit, userCouponView)
    },
  },
]
