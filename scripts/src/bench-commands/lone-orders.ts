import { setTimeout as wait } from 'node:timers/promises'
import type { RunFile } from '@chorus/stack'
import { clientOf, type Client } from '../client.js'
import { watchFlows, type FlowWatch, type Hop } from '../flow-watch.js'
import { median, quantilesOf, type Quantiles } from './quantiles.js'
import { placeOrder, placeOrderOfNew, type OrderView, type Wish } from '../orders.js'

/** One event of the happy path, over all orders of a run. Times are medians, ms. */
export interface HopTimes {
  service: string
  type: string
  /** Since the request was sent. */
  atMs: number
  /** Since the event before. */
  tookMs: number
}

/** What orders take that have the system to themselves, ms from sending POST /orders. */
export interface LoneOrders {
  orders: number
  /** Until the request was answered. */
  answered: Quantiles
  /** Until reading the order showed COMPLETED. */
  completed: Quantiles
  hops: HopTimes[]
}

interface Timed {
  startMs: number
  answeredMs: number
  completedMs: number
  hops: Hop[]
}

const POLL_MS = 3
/** About when the fastest orders are complete: looking earlier takes the time of the service that is measured. */
const FIRST_LOOK_MS = 20
const PATIENCE_MS = 30_000

async function timeOne(client: Client, watch: FlowWatch, wish: Wish): Promise<Timed> {
  const startMs = Date.now()
  const started = performance.now()
  const { id } = await placeOrder(client, wish)
  const answeredMs = performance.now() - started
  await wait(FIRST_LOOK_MS)
  for (;;) {
    const { status } = await client.get<OrderView>('order', `/orders/${id}`)
    if (status === 'COMPLETED') break
    if (status === 'FAILED' || status === 'CANCELLED') throw new Error(`order ${id} is ${status}`)
    if (performance.now() - started > PATIENCE_MS) throw new Error(`order ${id} is still ${status}`)
    await wait(POLL_MS)
  }
  const completedMs = performance.now() - started
  return { startMs, answeredMs, completedMs, hops: await watch.follow(id, PATIENCE_MS) }
}

function hopTimesOf(timed: readonly Timed[]): HopTimes[] {
  return (timed[0]?.hops ?? []).map(({ service, type }, i) => ({
    service,
    type,
    atMs: median(timed.map(({ hops, startMs }) => (hops[i]?.atMs ?? NaN) - startMs)),
    tookMs: median(timed.map(({ hops, startMs }) => (hops[i]?.atMs ?? NaN) - (hops[i - 1]?.atMs ?? startMs))),
  }))
}

/**
 * Places orders one after the other, each when the one before is complete, and times them. The product is new; no
 * coupon is used.
 * @param warmUp orders before the timing begins
 */
export async function timeLoneOrders(run: RunFile, orders: number, warmUp: number): Promise<LoneOrders> {
  const admin = await clientOf(run, 'bench-admin', true)
  const client = await clientOf(run, 'bench')
  const price = { amount: 1000, currency: 'USD' }
  const product = { name: 'Bench product', category: 'bench', price, stock: orders + warmUp + 1 }
  const { id: productId } = await admin.post<{ id: string }>('product', '/products', product)
  const watch = await watchFlows(run)
  try {
    await placeOrderOfNew(client, { productId, quantity: 1 })
    const timed: Timed[] = []
    for (let i = 0; i < warmUp + orders; i++) {
      const one = await timeOne(client, watch, { productId, quantity: 1 })
      if (i >= warmUp) timed.push(one)
    }
    return {
      orders,
      answered: quantilesOf(timed.map(({ answeredMs }) => answeredMs)),
      completed: quantilesOf(timed.map(({ completedMs }) => completedMs)),
      hops: hopTimesOf(timed),
    }
  } finally {
    await watch.close()
  }
}

const padded = (value: number) => `${value.toFixed(1)} ms`.padStart(9)
const line = (title: string, { p50, p95, p99 }: Quantiles) =>
  `  ${title.padEnd(22)}${padded(p50)}  ${padded(p95)}  ${padded(p99)}`

/** The figures for a terminal. */
export function loneText({ orders, answered, completed, hops }: LoneOrders): string {
  const rows = hops.map(
    ({ service, type, atMs, tookMs }) =>
      `  ${padded(atMs)}  ${padded(tookMs)}  ${service.padEnd(8)}  ${type}`,
  )
  return [
    `${orders} orders, one at a time, from sending POST /orders:`,
    `  ${''.padEnd(22)}${'p50'.padStart(9)}  ${'p95'.padStart(9)}  ${'p99'.padStart(9)}`,
    line('until answered', answered),
    line('until read COMPLETED', completed),
    '',
    'Where the time goes (medians; an event’s time is the begin of its transaction):',
    `  ${'at'.padStart(9)}  ${'took'.padStart(9)}  ${'service'.padEnd(8)}  event`,
    ...rows,
  ].join('\n')
}
