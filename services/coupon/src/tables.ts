import { rulesOver, table } from '@chorus/chassis'

export type CouponType = 'FIXED' | 'RATE'

/** A coupon template. */
export interface CouponRow {
  id: string
  name: string
  type: CouponType
  /** Minor units of `currency` (FIXED) or percent (RATE). */
  value: number
  currency: string | null
  /** Minor units. */
  minimum_amount: number | null
  /** Minor units. */
  maximum_discount: number | null
  /** How many may be issued. */
  total: number
  /** How many were; never above `total`. */
  issued: number
  valid_from: Date
  valid_until: Date
  version: number
  created_at: Date
}

/** A coupon that a user holds. */
export interface UserCouponRow {
  id: string
  coupon_id: string
  user_id: string
  /** Orders that use it now: 0 or 1. A count, because the events of different orders come in any order when rebuilt. */
  uses: number
  expired: boolean
  valid_until: Date
  version: number
  created_at: Date
}

export type CouponUseStatus = 'USED' | 'REJECTED' | 'RESTORED' | 'TOMBSTONED'

/** What an order did with its coupon: one row an order, for ever, so that a repeated event is known. */
export interface CouponUseRow {
  order_id: string
  user_coupon_id: string
  status: CouponUseStatus
  version: number
  updated_at: Date
}

export const tables = {
  couponUses: table<CouponUseRow>('coupon_uses', 'order_id', 'couponUse'),
  userCoupons: table<UserCouponRow>('user_coupons', 'id', 'userCoupon'),
  coupons: table<CouponRow>('coupons', 'id', 'coupon'),
}

export const { reaction, command, evolution } = rulesOver(tables)
