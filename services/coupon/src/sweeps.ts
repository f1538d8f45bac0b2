import { deriveId, type Sweep } from '@chorus/chassis'
import { expireCoupon } from './coupon.js'
import type { UserCouponRow } from './tables.js'

const ROUND = 500

/** Coupons past their date, unused. One that comes back later carries its expiry in CouponRestored. */
export const expiry: Sweep = {
  name: 'expire-coupons',
  everyMs: 10_000,
  due: async (knex) => {
    const rows = await knex<UserCouponRow>('user_coupons')
      .whereRaw('NOT expired AND uses = 0 AND valid_until <= now()')
      .limit(ROUND)
    return rows.map(({ id }) => ({
      rule: expireCoupon,
      id: deriveId(id, 'expire'),
      body: { userCouponId: id },
    }))
  },
}
