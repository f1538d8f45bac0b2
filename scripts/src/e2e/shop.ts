import { newId } from '@chorus/chassis'
import { someUser, until, type Answer, type System } from './system.js'

/** An order as its owner reads it. */
export interface Order {
  id: string
  status: string
  subtotal: number
  discount: number
  payable: number
  failure?: { step: string; reason: string }
  cancellation?: { reason: string }
  [field: string]: unknown
}

interface Wanted {
  user: string
  items: { productId: string; quantity: number }[]
  userCouponId?: string
  token?: string
  /** W3C trace context of whoever orders. */
  traceparent?: string
}

const ENDED = new Set(['COMPLETED', 'FAILED', 'CANCELLED'])
const DAY_MS = 86_400_000

/** What specs do in the shop, over REST only. */
export class Shop {
  constructor(private readonly system: System) {}

  /** Creates a product and waits until it can be ordered. */
  async product({ stock = 100, amount = 1000, currency = 'USD', category = 'spec' } = {}): Promise<string> {
    const body = { name: 'Spec product', category, price: { amount, currency }, stock }
    const id = idIn(await this.system.ask('product', '/products', { user: 'admin', admin: true, body }), 201)
    await until('the price to reach Order', async () => {
      const rows = await this.system.sql('order', 'SELECT 1 FROM prices WHERE product_id = $1', [id])
      return rows.length === 1
    })
    return id
  }

  async stockOf(productId: string): Promise<number> {
    return (await this.system.ask('product', `/products/${productId}`)).body.stock as number
  }

  /** Creates a coupon template: 10 % off, unless told otherwise. */
  async coupon(terms: Record<string, unknown> = {}): Promise<string> {
    const body = {
      name: 'Spec coupon',
      type: 'RATE',
      value: 10,
      total: 1000,
      validFrom: new Date(Date.now() - DAY_MS).toISOString(),
      validUntil: new Date(Date.now() + DAY_MS).toISOString(),
      ...terms,
    }
    return idIn(await this.system.ask('coupon', '/coupons', { user: 'admin', admin: true, body }), 201)
  }

  /** Takes a coupon for a user. @returns the held coupon's id */
  async take(couponId: string, user: string): Promise<string> {
    return idIn(await this.system.ask('coupon', `/coupons/${couponId}/issue`, { method: 'POST', user }), 201)
  }

  /** A held coupon of a new template. */
  async heldCoupon(user: string, terms: Record<string, unknown> = {}): Promise<string> {
    return this.take(await this.coupon(terms), user)
  }

  async couponStatus(user: string, userCouponId: string): Promise<string | undefined> {
    const { body } = await this.system.ask('coupon', '/user-coupons?limit=100', { user })
    return (body.items as { id: string; status: string }[]).find(({ id }) => id === userCouponId)?.status
  }

  /** Sends POST /orders. */
  post({ user, items, userCouponId, token, traceparent }: Wanted, key = newId()): Promise<Answer> {
    const payment = { method: 'CARD', ...(token !== undefined && { token }) }
    const body = {
      items,
      ...(userCouponId !== undefined && { userCouponId }),
      deliveryAddressId: 'home',
      payment,
    }
    const headers = { 'Idempotency-Key': key, ...(traceparent !== undefined && { traceparent }) }
    return this.system.ask('order', '/orders', { user, body, headers })
  }

  /** Places an order that is accepted. */
  async place(wanted: Wanted): Promise<string> {
    return idIn(await this.post(wanted), 202)
  }

  async read(user: string, id: string): Promise<Order> {
    return (await this.system.ask('order', `/orders/${id}`, { user })).body as Order
  }

  /** Waits for the end of an order. */
  async ended(user: string, id: string): Promise<Order> {
    await until(`order ${id} to end`, async () => ENDED.has((await this.read(user, id)).status))
    return this.read(user, id)
  }

  /** Asks for an order to be given up. */
  cancel(user: string, id: string): Promise<Answer> {
    return this.system.ask('order', `/orders/${id}/cancel`, { method: 'POST', user })
  }

  /** Places an order and waits for its end. */
  async order(wanted: Wanted): Promise<Order> {
    return this.ended(wanted.user, await this.place(wanted))
  }

  async payments(user: string, orderId: string): Promise<{ id: string; status: string; amount: number }[]> {
    const { body } = await this.system.ask('payment', `/payments?orderId=${orderId}`, { user })
    return body.items as { id: string; status: string; amount: number }[]
  }
}

function idIn({ status, body }: Answer, expected: number): string {
  if (status !== expected) throw new Error(`${status} instead of ${expected}: ${JSON.stringify(body)}`)
  return body.id as string
}

/** Places one order each way that an order can go, and does not wait for the end of the last. */
export async function ordersOfEveryKind(shop: Shop): Promise<void> {
  const [user, productId] = [someUser(), await shop.product({ stock: 5 })]
  const one = { user, items: [{ productId, quantity: 1 }] }
  await shop.order(one)
  await shop.order({ ...one, userCouponId: await shop.heldCoupon(user) })
  await shop.order({ ...one, userCouponId: newId() })
  await shop.order({ ...one, userCouponId: await shop.heldCoupon(user), token: 'tok_decline' })
  const tooMany = [{ productId, quantity: 50 }]
  await shop.order({ user, items: tooMany, userCouponId: await shop.heldCoupon(user) })
  await shop.cancel(user, await shop.place({ ...one, userCouponId: await shop.heldCoupon(user) }))
}
