import { service } from '@chorus/chassis'
import { createCoupon, expireCoupon, issueCoupon } from './coupon.js'
import { flow } from './duties.js'
import { evolve } from './evolve.js'
import { migrations } from './migrations.js'
import { routes } from './routes.js'
import { expiry } from './sweeps.js'
import { tables } from './tables.js'
import { restoreCoupon, useCoupon } from './use.js'

/** Coupon templates, the coupons that users hold, and what orders do with them. */
export const coupon = service({
  name: 'coupon',
  tables,
  reactions: [useCoupon, restoreCoupon],
  commands: [createCoupon, issueCoupon, expireCoupon],
  evolve,
  sweeps: [expiry],
  flow,
  routes,
  migrations,
})
