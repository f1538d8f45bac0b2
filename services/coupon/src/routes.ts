import { pageSchema, paging, readPage, type Route } from '@chorus/chassis'
import { createCoupon, issueCoupon, userCouponView } from './coupon.js'
import { couponSchema, newCoupon, userCouponSchema } from './schemas.js'
import type { UserCouponRow } from './tables.js'

/** The REST interface of the coupon service. */
export const routes: Route[] = [
  {
    method: 'post',
    path: '/coupons',
    access: 'admin',
    summary: 'Create a coupon template',
    rule: createCoupon,
    refusals: ['BODY_INVALID'],
    body: newCoupon,
    answer: couponSchema,
    idempotencyKey: 'optional',
    status: 201,
  },
  {
    method: 'post',
    path: '/coupons/:id/issue',
    access: 'user',
    summary: 'Take a coupon: first come, first served, one a user',
    rule: issueCoupon,
    refusals: ['NOT_FOUND', 'COUPON_ALREADY_ISSUED', 'COUPON_NOT_ISSUABLE', 'COUPON_SOLD_OUT'],
    answer: userCouponSchema,
    idempotencyKey: 'optional',
    status: 201,
  },
  {
    method: 'get',
    path: '/user-coupons',
    access: 'user',
    summary: 'List my coupons, newest first',
    answer: pageSchema(userCouponSchema),
    query: { type: 'object', additionalProperties: false, properties: { ...paging } },
    async read(knex, { caller, query }) {
      const rows = knex<UserCouponRow>('user_coupons').where('user_id', caller.userId)
      return readPage(rows, query, userCouponView)
    },
  },
]
