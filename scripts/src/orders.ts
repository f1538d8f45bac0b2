import { setTimeout as wait } from 'node:timers/promises'
import { newId } from '@chorus/chassis'
import type { RunFile } from '@chorus/stack'
import { ServiceRefused, type Client } from './client.js'
import { watchFlows, type Hop } from './flow-watch.js'
import { hopHeading, hopLine, hopTable } from './hops.js'

/** An order as the order service shows it. */
export interface OrderView {
  id: string
  status: string
  subtotal: number
  discount: number
  payable: number
  currency: string
  failure?: { step: string; reason: string }
}

/** What to order. */
export interface Wish {
  productId: string
  quantity: number
  userCouponId?: string
  /** The gateway's token; `tok_decline` is declined by the sandbox. */
  token?: string
}

const REPLICA_PATIENCE_MS = 10_000
const ORDER_PATIENCE_MS = 60_000

/**
 * Places an order.
 * @param key names the request; one of its own when it is not given
 * @throws ServiceRefused when it is not accepted
 */
export const placeOrder = (
  client: Client,
  { productId, quantity, userCouponId, token }: Wish,
  key = newId(),
): Promise<OrderView> =>
  client.post(
    'order',
    '/orders',
    {
      items: [{ productId, quantity }],
      ...(userCouponId !== undefined && { userCouponId }),
      deliveryAddressId: 'home',
      payment: { method: 'CARD', ...(token !== undefined && { token }) },
    },
    key,
  )

/** Places an order for a product that may be so new that Order has not heard of it yet. */
export async function placeOrderOfNew(client: Client, wish: Wish): Promise<OrderView> {
  const until = Date.now() + REPLICA_PATIENCE_MS
  for (;;) {
    try {
      return await placeOrder(client, wish)
    } catch (error) {
      const unheard = error instanceof ServiceRefused && error.problem.code === 'PRODUCT_UNKNOWN'
      if (!unheard || Date.now() > until) throw error
      await wait(100)
    }
  }
}

const money = (amount: number, currency: string) =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).format(
    amount /
      10 **
        (new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions()
          .maximumFractionDigits ?? 2),
  )

/** One sentence about an order. */
export function summaryOf({ id, status, subtotal, discount, payable, currency, failure }: OrderView): string {
  const price =
    discount > 0 ? `${money(subtotal, currency)} less ${money(discount, currency)}` : money(payable, currency)
  const why = failure ? ` at step ${failure.step}: ${failure.reason}` : ''
  return `Order ${id} is ${status}${why} (${price}).`
}

/**
 * Places an order and prints how it travels: each event with the milliseconds since the request was sent and since
 * the event that caused it.
 * @param live prints each event as it comes, instead of all at the end
 * @returns the order at its end
 */
export async function placeAndShow(
  run: RunFile,
  client: Client,
  wish: Wish,
  live: boolean,
): Promise<OrderView> {
  const watch = await watchFlows(run)
  try {
    const startMs = Date.now()
    const { id } = await placeOrderOfNew(client, wish)
    const seen: Hop[] = []
    const onHop = (hop: Hop) => {
      seen.push(hop)
      console.log(hopLine(hop, seen, startMs))
    }
    if (live) console.log(hopHeading)
    const hops = await watch.follow(id, ORDER_PATIENCE_MS, live ? onHop : undefined)
    if (!live) console.log(hopTable(hops, startMs))
    const order = await client.get<OrderView>('order', `/orders/${id}`)
    console.log(summaryOf(order))
    return order
  } finally {
    await watch.close()
  }
}
