import { newId } from '@chorus/chassis'
import { addressesOf, readRun, type RunFile } from '@chorus/stack'
import { atLast } from './at-last.js'
import { clientOf, type Client } from './client.js'
import { placeOrder, placeOrderOfNew, type OrderView, type Wish } from './orders.js'
import { until } from './until.js'

const DAY_MS = 86_400_000
const PIECES = 1_000_000
const PATIENCE_MS = 60_000
const ENDED = new Set(['COMPLETED', 'FAILED', 'CANCELLED'])

/** What is on the shelf, and who put it there. */
interface Shelf {
  run: RunFile
  admin: Client
  productId: string
  couponId: string
}

/** An order, and who placed it. */
export interface Placed {
  id: string
  buyer: Buyer
}

/** An order that is still to be placed, by a user of its own with a coupon of its own. */
export interface Prepared {
  /** Places it, as often as it takes. */
  place(): Promise<Placed>
  buyer: Buyer
}

/** Somebody who orders, and asks again and again when there is no answer. */
export class Buyer {
  private constructor(
    private readonly shelf: Shelf,
    private readonly client: Client,
  ) {}

  /** Puts a product and a coupon on the shelf, and waits until they can be had. */
  static async of(run: RunFile): Promise<Buyer> {
    const admin = await clientOf(run, 'buyer-admin', true)
    const price = { amount: 1000, currency: 'USD' }
    const product = { name: 'Something to order', category: 'spec', price, stock: PIECES }
    const { id: productId } = await admin.post<{ id: string }>('product', '/products', product)
    const [validFrom, validUntil] = [-DAY_MS, DAY_MS].map((ms) => new Date(Date.now() + ms).toISOString())
    const coupon = { name: 'A tenth off', type: 'RATE', value: 10, total: PIECES, validFrom, validUntil }
    const { id: couponId } = await admin.post<{ id: string }>('coupon', '/coupons', coupon)
    const shelf = { run, admin, productId, couponId }
    const buyer = new Buyer(shelf, await clientOf(run, `buyer-${newId()}`))
    await buyer.ended((await placeOrderOfNew(buyer.client, { productId, quantity: 1 })).id)
    return buyer
  }

  /** Prepares an order of another user. */
  async prepare(wish: Partial<Wish> = {}): Promise<Prepared> {
    const buyer = new Buyer(this.shelf, await clientOf(this.shelf.run, `buyer-${newId()}`))
    const userCouponId = await buyer.take()
    const wanted = { productId: this.shelf.productId, quantity: 1, userCouponId, ...wish }
    const key = newId()
    const place = async () => ({
      id: (await atLast(() => placeOrder(buyer.client, wanted, key))).id,
      buyer,
    })
    return { buyer, place }
  }

  /** Takes the coupon. @returns the held coupon's id @throws ServiceRefused the second time */
  async take(): Promise<string> {
    const [path, key] = [`/coupons/${this.shelf.couponId}/issue`, newId()]
    return (await atLast(() => this.client.post<{ id: string }>('coupon', path, {}, key))).id
  }

  /** Gives the product another price. */
  async reprice(amount: number): Promise<void> {
    const { admin, productId } = this.shelf
    const key = newId()
    const body = { price: { amount, currency: 'USD' } }
    await atLast(() => admin.patch('product', `/products/${productId}`, body, key))
  }

  async cancel(id: string): Promise<void> {
    await atLast(() => this.client.post('order', `/orders/${id}/cancel`, {}))
  }

  /** Waits for the end of an order. @returns how it ended */
  async ended(id: string): Promise<string> {
    let status = ''
    const look = async () => {
      status = (await atLast(() => this.client.get<OrderView>('order', `/orders/${id}`))).status
      return ENDED.has(status)
    }
    await until(`order ${id} to end`, look, PATIENCE_MS)
    return status
  }

  /** Waits until the payment of an order is on its way to the gateway. */
  async paying(id: string): Promise<void> {
    const path = `/payments?orderId=${id}`
    const asked = async () =>
      (await atLast(() => this.client.get<{ items: unknown[] }>('payment', path))).items.length > 0
    await until(`order ${id} to be paid`, asked, PATIENCE_MS)
  }

  /** Sets the gateway's fault switch, for all charges. */
  async gateway(mode: 'slow' | 'timeout-after' | 'none'): Promise<void> {
    const url = `${addressesOf(readRun(this.shelf.run.home)!)['gateway']}/faults`
    const body = JSON.stringify({ mode, share: 1, delayMs: 400 })
    await fetch(url, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body })
  }
}
