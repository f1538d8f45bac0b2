import { newId } from '@chorus/chassis'
import { setTimeout as pause } from 'node:timers/promises'
import { ask, Refused } from '../ask.js'
import type { Local } from '../local.js'

/** Where orders can be placed and the gateway be switched. */
export interface ShopAddresses {
  urls: Readonly<Record<string, string>>
  gatewayUrl: string | undefined
}

/** The kinds of orders that can be tried, and what becomes of them. */
export const KINDS = {
  plain: 'an order that completes',
  coupon: 'one with a coupon of 10 %',
  short: 'one for more than there is: the coupon comes back',
  declined: 'one whose payment is declined: stock and coupon come back',
  stranger: 'one with a coupon of someone else',
  cancelled: 'one that is cancelled at once: what was done is undone',
  mixed: 'some of each',
} as const
export type Kind = keyof typeof KINDS
const EACH = (Object.keys(KINDS) as Kind[]).filter((kind) => kind !== 'mixed')

/** How the gateway can misbehave. */
export const FAULTS = {
  none: 'works',
  decline: 'declines every charge',
  error: 'breaks without booking',
  slow: 'takes 3 s',
  'timeout-before': 'never answers, books nothing',
  'timeout-after': 'books, but never answers',
} as const

export interface Product {
  id: string
  name: string
  stock: number
}

const SAMPLE = {
  name: 'Field notebook',
  category: 'paper',
  price: { amount: 1250, currency: 'USD' },
  stock: 1000,
}
const TEMPLATE = {
  name: 'Try it',
  type: 'RATE',
  value: 10,
  total: 1_000_000,
  validFrom: '2026-01-01T00:00:00Z',
  validUntil: '2036-01-01T00:00:00Z',
}
const TOKEN_LIVES_S = 300
/** For what the page only shows: whoever paused a service comes here to let it go on. */
export const GLANCE_MS = 1500
const REPLICA_PATIENCE_MS = 5000
const AT_ONCE = 20
/** What the order service takes at most. */
const LINES = 50
const PIECES = 100

const WITH_COUPON: ReadonlySet<Kind> = new Set(['coupon', 'short', 'declined'])

/** More pieces than there are, as far as one order can ask for. */
const moreThan = (stock: number, productId: string) =>
  Array.from({ length: Math.min(LINES, Math.floor(stock / PIECES) + 1) }, () => ({
    productId,
    quantity: PIECES,
  }))

/** Places orders like a client: over REST, each for a customer of its own. */
export class TryIt {
  constructor(
    private readonly addresses: ShopAddresses,
    private readonly local: Local,
  ) {}

  /**
   * What can be ordered; when there is nothing, something is made.
   * @throws Error when product does not answer in time
   */
  async products(patienceMs?: number): Promise<Product[]> {
    const list = () =>
      ask<{ items: Product[] }>(this.addresses.urls, 'product', '/products?limit=100', {
        ...(patienceMs !== undefined && { patienceMs }),
      })
    const { items } = await list()
    if (items.length > 0) return items
    await this.call('product', '/products', {
      user: 'console',
      admin: true,
      body: SAMPLE,
      key: 'console-product',
    })
    return (await list()).items
  }

  /** Places orders. @returns their ids @throws Error in the words of the service that refused */
  async place(kind: Kind, product: Product, count: number): Promise<string[]> {
    const ids: string[] = []
    while (ids.length < count) {
      const some = Array.from({ length: Math.min(count - ids.length, AT_ONCE) }, (_, i) =>
        this.placeOne(kind === 'mixed' ? EACH[(ids.length + i) % EACH.length]! : kind, product),
      )
      ids.push(...(await Promise.all(some)))
    }
    return ids
  }

  /** How the gateway misbehaves now; undefined where there is no sandbox. */
  async fault(): Promise<string | undefined> {
    const { gatewayUrl } = this.addresses
    if (gatewayUrl === undefined) return undefined
    return (
      await ask<{ mode: string }>({ gateway: gatewayUrl }, 'gateway', '/faults', { patienceMs: GLANCE_MS })
    ).mode
  }

  /** Switches the fault of the gateway. */
  async setFault(mode: string): Promise<void> {
    const urls = { gateway: this.addresses.gatewayUrl ?? '' }
    await ask(urls, 'gateway', '/faults', { method: 'PUT', body: { mode, delayMs: 3000 } })
  }

  private async placeOne(kind: Kind, { id: productId, stock }: Product): Promise<string> {
    const user = `try-${newId()}`
    const held = WITH_COUPON.has(kind) ? await this.coupon(user) : undefined
    const userCouponId = kind === 'stranger' ? await this.coupon(`try-${newId()}`) : held
    const body = {
      items: kind === 'short' ? moreThan(stock, productId) : [{ productId, quantity: 1 }],
      ...(userCouponId !== undefined && { userCouponId }),
      deliveryAddressId: 'home',
      payment: { method: 'CARD', ...(kind === 'declined' && { token: 'tok_decline' }) },
    }
    const key = newId()
    const until = Date.now() + REPLICA_PATIENCE_MS
    for (;;) {
      try {
        const { id } = await this.call<{ id: string }>('order', '/orders', { user, body, key })
        if (kind === 'cancelled') await this.cancel(user, id)
        return id
      } catch (error) {
        // A product may be so new that Order has not heard of it.
        if (!(error instanceof Refused) || error.code !== 'PRODUCT_UNKNOWN' || Date.now() > until) throw error
        await pause(100)
      }
    }
  }

  private async cancel(user: string, orderId: string): Promise<void> {
    try {
      await this.call('order', `/orders/${orderId}/cancel`, { user, body: {} })
    } catch (error) {
      // It may have been completed before.
      if (!(error instanceof Refused)) throw error
    }
  }

  private async coupon(user: string): Promise<string> {
    const admin = { user: 'console', admin: true, body: TEMPLATE, key: 'console-coupon' }
    const { id } = await this.call<{ id: string }>('coupon', '/coupons', admin)
    return (await this.call<{ id: string }>('coupon', `/coupons/${id}/issue`, { user, body: {} })).id
  }

  private async call<View>(
    service: string,
    path: string,
    as: { user: string; admin?: boolean; body: object; key?: string },
  ): Promise<View> {
    const { urls } = this.addresses
    const token = await this.local.sign(as.user, as.admin ?? false, TOKEN_LIVES_S)
    const { body, key } = as
    return ask(urls, service, path, {
      authorization: `Bearer ${token}`,
      body,
      ...(key !== undefined && { key }),
    })
  }
}
