import { addressesOf } from '@chorus/stack'
import { Pool } from 'undici'
import { callerHeaders, tokensFor, type Rig } from './rig.js'

/** A crowd that wants few coupons. */
export interface FlashSale {
  buyers: number
  coupons: number
  issued: number
  /** Requests answered, a second. */
  perSecond: number
}

const BUYERS = 5000
const COUPONS = 500
const AT_A_TIME = 256
const DAY_MS = 86_400_000

/** Lets 5,000 users ask at once for 500 coupons. */
export async function flashSaleOf(rig: Rig): Promise<FlashSale> {
  const tokens = await tokensFor(rig.run, 'buyer', BUYERS)
  const { id } = await rig.admin.post<{ id: string }>('coupon', '/coupons', {
    name: 'Flash sale',
    type: 'RATE',
    value: 10,
    total: COUPONS,
    validFrom: new Date(Date.now() - DAY_MS).toISOString(),
    validUntil: new Date(Date.now() + DAY_MS).toISOString(),
  })
  const pool = new Pool(addressesOf(rig.run).coupon!, { connections: AT_A_TIME })
  let issued = 0
  const started = performance.now()
  await Promise.all(
    tokens.map(async (token) => {
      const answer = await pool.request({
        path: `/coupons/${id}/issue`,
        method: 'POST',
        headers: callerHeaders(token),
      })
      await answer.body.dump()
      if (answer.statusCode === 201) issued += 1
    }),
  )
  const seconds = (performance.now() - started) / 1000
  await pool.close()
  return { buyers: BUYERS, coupons: COUPONS, issued, perSecond: BUYERS / seconds }
}
