import { newId } from '@chorus/chassis'
import type { RunFile } from '@chorus/stack'
import { atLast } from '../at-last.js'
import { clientOf, type Client } from '../client.js'
import { placeOrder, placeOrderOfNew, type Wish } from '../orders.js'

const AT_A_TIME = 20
const DAY_MS = 86_400_000

/** What is ordered: of ten orders one names a coupon that nobody holds, one asks for too much, one is declined. */
async function wishesOf(run: RunFile, orders: number): Promise<(i: number) => Wish> {
  const admin = await clientOf(run, 'chaos-admin', true)
  const price = { amount: 1000, currency: 'USD' }
  const product = { name: 'Chaos product', category: 'chaos', price, stock: orders * 2 }
  const { id: productId } = await admin.post<{ id: string }>('product', '/products', product)
  const [validFrom, validUntil] = [-DAY_MS, DAY_MS].map((ms) => new Date(Date.now() + ms).toISOString())
  const terms = { name: 'Chaos coupon', type: 'RATE', value: 10, total: orders, validFrom, validUntil }
  const buyer = await clientOf(run, 'chaos')
  const coupons: string[] = []
  const fill = async () => {
    while (coupons.length < orders / 10) {
      const { id } = await admin.post<{ id: string }>('coupon', '/coupons', terms)
      coupons.push((await buyer.post<{ id: string }>('coupon', `/coupons/${id}/issue`, {})).id)
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, fill))
  await placeOrderOfNew(buyer, { productId, quantity: 1 })
  return (i) => {
    const kinds: Record<number, Partial<Wish>> = {
      0: { userCouponId: newId() },
      1: { quantity: 100, userCouponId: coupons[Math.floor(i / 10)]! },
      2: { token: 'tok_decline' },
      3: { userCouponId: coupons[Math.floor(i / 10)]! },
    }
    return { productId, quantity: 1, ...kinds[i % 10] }
  }
}

/** Orders that are placed side by side. */
export interface Load {
  orders: number
  /** Ids of the orders that were acknowledged so far. */
  acknowledged: readonly string[]
  /** True once an order was refused: there will not be as many as were asked for. */
  failed(): boolean
  /** Settles when all are acknowledged. @throws ServiceRefused when one is refused */
  done: Promise<unknown>
}

/** Begins to place so many orders. */
export async function startLoad(run: RunFile, orders: number): Promise<Load> {
  const wish = await wishesOf(run, orders)
  const client: Client = await clientOf(run, 'chaos')
  const acknowledged: string[] = []
  const state = { next: 0, failed: false }
  const buyer = async () => {
    while (state.next < orders && !state.failed) {
      const [wanted, key] = [wish(state.next++), newId()]
      acknowledged.push((await atLast(() => placeOrder(client, wanted, key))).id)
    }
  }
  const done = Promise.all(Array.from({ length: AT_A_TIME }, buyer)).catch((error: unknown) => {
    state.failed = true
    throw error
  })
  return { orders, acknowledged, failed: () => state.failed, done }
}
