import { newId } from '@chorus/chassis'
import { groupOf } from '@chorus/chassis/operate'
import { topology } from '@chorus/contracts'
import { databaseUrlOf } from '@chorus/stack'
import { recover } from '../recover/recover.js'
import { describedServices } from '../services.js'
import { until } from '../until.js'
import type { Rig } from './rig.js'
import { ordersOf, type Shelf } from './workload.js'

/** Rebuilding a service's tables from its topic, beside how fast it consumed what led to them. Events a second. */
export interface Folding {
  /** By Product alone, from its first commit to its last: everybody else was out of its group. */
  consumedPerSecond: number
  /** Read from the topic, checked and folded. */
  foldedPerSecond: number
  /** The same until rows and inbox are in their tables. */
  writtenPerSecond: number
}

const SERVICE = 'product'
/** Of each round: the topic grows by as many facts. Enough that opening and leaving a consumer does not count. */
const ORDERS = 30_000
const AT_A_TIME = 256
const PATIENCE_MS = 120_000

const RESERVED = `SELECT count(*)::int AS n,
    extract(epoch FROM max(pg_xact_commit_timestamp(xmin)) - min(pg_xact_commit_timestamp(xmin)))::float AS seconds
  FROM outbox WHERE type = 'StockDecremented' AND created_at > to_timestamp($1)`

/** Takes services out of their consumer groups, or lets them in again. */
export async function setConsumption(
  rig: Rig,
  services: readonly string[],
  to: 'pause' | 'resume',
): Promise<void> {
  await Promise.all(services.map((service) => rig.admin.post(service, `/admin/consumption/${to}`, {})))
}

async function place(rig: Rig, shelf: Shelf): Promise<void> {
  const order = ordersOf({ products: 'uniform', failures: 0 }, shelf)
  let next = 0
  const worker = async () => {
    while (next++ < ORDERS) await rig.place(order(next), newId())
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, worker))
}

/** Has Product consume the orders that wait for it. @returns events a second */
async function consume(rig: Rig): Promise<number> {
  const since = Date.now() / 1000
  const reserved = async () => (await rig.sql<{ n: number; seconds: number }>(SERVICE, RESERVED, [since]))[0]!
  await setConsumption(rig, [SERVICE], 'resume')
  await until('the stock to be taken', async () => (await reserved()).n >= ORDERS, PATIENCE_MS)
  const { n, seconds } = await reserved()
  return n / seconds
}

/** Rows of Product, as far as they follow from facts. */
const rowsOf = (rig: Rig) =>
  rig.sql<{ rows: number; left: number }>(
    SERVICE,
    `SELECT (SELECT count(*)::int FROM reservations) AS rows, (SELECT sum(stock)::float FROM products) AS left`,
  )

/** Rebuilds Product's tables as `chorus recover` does; its group stays where it is. */
async function fold(rig: Rig): Promise<Omit<Folding, 'consumedPerSecond'>> {
  const before = await rowsOf(rig)
  const { folded, foldMs, writeMs } = await recover({
    service: describedServices.find(({ name }) => name === SERVICE)!,
    group: groupOf(topology.services.find(({ name }) => name === SERVICE)!),
    kafka: rig.kafka(),
    url: databaseUrlOf(rig.run, SERVICE),
    marginMs: 0,
    pause: () => setConsumption(rig, [SERVICE], 'pause'),
    resume: () => Promise.resolve(),
  })
  const after = await rowsOf(rig)
  if (JSON.stringify(after) !== JSON.stringify(before))
    throw new Error('the rebuilt rows are not those before')
  const perSecond = (ms: number) => folded / (ms / 1000)
  return { foldedPerSecond: perSecond(foldMs), writtenPerSecond: perSecond(foldMs + writeMs) }
}

/**
 * Has Product consume orders, then rebuilds its tables from its topic: both with the machine to itself, round after
 * round. Everybody else is out of its group, and stays there.
 */
export async function foldingsOf(rig: Rig, shelf: Shelf, rounds: number): Promise<Folding[]> {
  await setConsumption(rig, rig.run.services, 'pause')
  const foldings: Folding[] = []
  for (let i = 0; i < rounds; i++) {
    await place(rig, shelf)
    const consumedPerSecond = await consume(rig)
    foldings.push({ consumedPerSecond, ...(await fold(rig)) })
  }
  return foldings
}
