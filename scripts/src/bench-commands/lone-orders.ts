import { setTimeout as wait } from 'node:timers/promises'
import { databaseUrlOf, type RunFile } from '@chorus/stack'
import pg from 'pg'
import { clientOf, type Client } from '../client.js'
import { watchFlows, type Hop } from '../flow-watch.js'
import { median, quantilesOf, type Quantiles } from './quantiles.js'
import { placeOrder, placeOrderOfNew, type Wish } from '../orders.js'

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
  /** Until the order's end was committed, as for orders of an open load. */
  completed: Quantiles
  hops: HopTimes[]
}

interface Timed {
  id: string
  startMs: number
  answeredMs: number
  completedMs: number
}

const now = () => performance.timeOrigin + performance.now()
const LOOK_MS = 5
/** About when the fastest orders are complete. */
const FIRST_LOOK_MS = 20
const PATIENCE_MS = 30_000
/** Whoever reads the topics too takes the time of those who must, so only some orders are followed, after the others. */
const FOLLOWED = 30

/** When an order ended, by the database, ms since 1970: asking a service would take the time of who is measured. */
async function endOf(session: pg.Client, id: string): Promise<number> {
  const look = {
    name: 'end',
    text: `SELECT status, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 * 1000 AS ms FROM orders WHERE id = $1`,
    values: [id],
  }
  await wait(FIRST_LOOK_MS)
  for (const end = now() + PATIENCE_MS; ; await wait(LOOK_MS)) {
    const [row] = (await session.query<{ status: string; ms: number }>(look)).rows
    if (row?.status === 'COMPLETED') return row.ms
    if (row?.status === 'FAILED' || row?.status === 'CANCELLED')
      throw new Error(`order ${id} is ${row.status}`)
    if (now() > end) throw new Error(`order ${id} is still ${row?.status}`)
  }
}

async function timeOne(client: Client, session: pg.Client, wish: Wish): Promise<Timed> {
  const startMs = now()
  const { id } = await placeOrder(client, wish)
  const answeredMs = now() - startMs
  return { id, startMs, answeredMs, completedMs: (await endOf(session, id)) - startMs }
}

type Followed = Pick<Timed, 'startMs'> & { hops: Hop[] }

async function follow(run: RunFile, time: () => Promise<Timed>): Promise<Followed[]> {
  const watch = await watchFlows(run)
  try {
    const followed: Followed[] = []
    for (let i = 0; i < FOLLOWED; i++) {
      const { id, startMs } = await time()
      followed.push({ startMs, hops: await watch.follow(id, PATIENCE_MS) })
    }
    return followed
  } finally {
    await watch.close()
  }
}

function hopTimesOf(timed: readonly Followed[]): HopTimes[] {
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
  const product = { name: 'Bench product', category: 'bench', price, stock: orders + warmUp + FOLLOWED + 1 }
  const { id: productId } = await admin.post<{ id: string }>('product', '/products', product)
  const session = new pg.Client({ connectionString: databaseUrlOf(run, 'order') })
  await session.connect()
  const time = () => timeOne(client, session, { productId, quantity: 1 })
  try {
    await placeOrderOfNew(client, { productId, quantity: 1 })
    const timed: Timed[] = []
    for (let i = 0; i < warmUp + orders; i++) {
      const one = await time()
      if (i >= warmUp) timed.push(one)
    }
    const followed = await follow(run, time)
    return {
      orders,
      answered: quantilesOf(timed.map(({ answeredMs }) => answeredMs)),
      completed: quantilesOf(timed.map(({ completedMs }) => completedMs)),
      hops: hopTimesOf(followed),
    }
  } finally {
    await session.end()
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
    line('until its end', completed),
    '',
    'Where the time goes (medians; an event’s time is the begin of its transaction; orders that were followed):',
    `  ${'at'.padStart(9)}  ${'took'.padStart(9)}  ${'service'.padEnd(8)}  event`,
    ...rows,
  ].join('\n')
}
