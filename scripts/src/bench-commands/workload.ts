import { newId } from '@chorus/chassis'
import { until } from '../until.js'
import type { Rig } from './rig.js'

/** What orders are made of. */
export interface Workload {
  /** Which products are ordered. */
  products: 'uniform' | 'zipf' | 'hot'
  /** Share of the orders that are meant to fail, 0 to 1: a third each at the coupon, the stock and the payment. */
  failures: number
}

/** The body of the n-th POST /orders of a load. */
export type OrderBody = (n: number) => object

export const PRODUCTS = 1000
const PLENTY = 1_000_000_000
const ZIPF_EXPONENT = 1
const AT_A_TIME = 32
const PRICES_PATIENCE_MS = 60_000

async function inParallel<T>(count: number, make: (i: number) => Promise<T>): Promise<T[]> {
  const made: T[] = []
  let next = 0
  const worker = async () => {
    for (let i = next++; i < count; i = next++) made[i] = await make(i)
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, worker))
  return made
}

/** Creates a product. @returns its id */
async function product(rig: Rig, stock: number): Promise<string> {
  const price = { amount: 1000, currency: 'USD' }
  const { id } = await rig.admin.post<{ id: string }>('product', '/products', {
    name: 'Bench product',
    category: 'bench',
    price,
    stock,
  })
  return id
}

/** The products of a bench: many that never run out, and one that is sold out. */
export interface Shelf {
  ids: readonly string[]
  soldOut: string
}

/** Fills a shelf, and waits until Order knows its prices. */
export async function fillShelf(rig: Rig): Promise<Shelf> {
  const soldOut = await product(rig, 0)
  const ids = await inParallel(PRODUCTS, () => product(rig, PLENTY))
  await until(
    'the prices to reach Order',
    async () => {
      const [row] = await rig.sql<{ n: number }>(
        'order',
        'SELECT count(*)::int AS n FROM prices WHERE product_id = ANY($1)',
        [ids],
      )
      return row!.n === ids.length
    },
    PRICES_PATIENCE_MS,
  )
  return { ids, soldOut }
}

/** Index of a product, by rank: the n-th is ordered 1/n as often as the first. */
function zipf(): () => number {
  const weights = Array.from({ length: PRODUCTS }, (_, i) => 1 / (i + 1) ** ZIPF_EXPONENT)
  let sum = 0
  const upTo = weights.map((weight) => (sum += weight))
  return () => {
    const x = Math.random() * sum
    let [low, high] = [0, PRODUCTS - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (upTo[middle]! < x) low = middle + 1
      else high = middle
    }
    return low
  }
}

const pickers: Record<Workload['products'], () => () => number> = {
  uniform: () => () => Math.floor(Math.random() * PRODUCTS),
  zipf,
  hot: () => () => 0,
}

const order = (productId: string, { token, ...more }: { userCouponId?: string; token?: string } = {}) => ({
  items: [{ productId, quantity: 1 + Math.floor(Math.random() * 2) }],
  deliveryAddressId: 'home',
  payment: { method: 'CARD', ...(token !== undefined && { token }) },
  ...more,
})

/** Makes the orders of a workload: one line each, one or two pieces. */
export function ordersOf({ products, failures }: Workload, { ids, soldOut }: Shelf): OrderBody {
  const pick = pickers[products]()
  return () => {
    const x = Math.random()
    if (x >= failures) return order(ids[pick()]!)
    const kind = Math.floor((x / failures) * 3)
    if (kind === 0) return order(soldOut)
    return order(ids[pick()]!, kind === 1 ? { token: 'tok_decline' } : { userCouponId: newId() })
  }
}
