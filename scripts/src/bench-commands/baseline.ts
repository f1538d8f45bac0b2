import { newId } from '@chorus/chassis'
import knex from 'knex'
import type { Pool, PoolClient } from 'pg'
import { databaseUrlOf } from '@chorus/stack'
import { describedServices } from '../services.js'
import { oneByOne, setBased, type BaselineOrder, type Transaction } from './baseline-sql.js'
import { cpuBetween, cpuOf } from './cpu.js'
import { quantilesOf, type Quantiles } from './quantiles.js'
import type { Rig } from './rig.js'

/** How many orders a second a way of writing them reaches. */
export interface Rate {
  perSecond: number
  /** CPU of Postgres and of the client together, ms an order. */
  cpuMsPerOrder: number
}

/** What this machine does without any messaging, one a round. */
export interface PlainRates {
  /** Five transactions an order, single-row statements, as many sessions as do best. */
  fiveTransactions: Rate[]
  /** The same rows in set-based transactions of 100 orders. */
  batches: Rate[]
}

/** The least that a commit, and a hop, can take. */
export interface Floor {
  /** One small row inserted and committed, ms. */
  commitMs: Quantiles
  /** One message from a producer (acks all) to a consumer, ms. */
  roundTripMs: Quantiles
}

const DATABASE = 'bench_baseline'
const PRODUCTS = 1000
const SESSIONS = 16
const BATCH_SESSIONS = 4
const BATCH = 100
const SAMPLES = 500

async function transact(client: PoolClient, transaction: Transaction): Promise<void> {
  if (transaction.length > 1) await client.query('BEGIN')
  for (const { name, text, values } of transaction) await client.query({ name, text, values: [...values] })
  if (transaction.length > 1) await client.query('COMMIT')
}

/** A database with the tables of the services, as their migrations make them, and nothing of the chassis. */
async function makeDatabase(rig: Rig): Promise<Pool> {
  await rig.sql('postgres', `DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`)
  await rig.sql('postgres', `CREATE DATABASE ${DATABASE}`)
  const db = knex({ client: 'pg', connection: databaseUrlOf(rig.run, DATABASE) })
  try {
    for (const { migrations } of describedServices) for (const { up } of migrations) await up(db)
  } finally {
    await db.destroy()
  }
  return rig.pool(DATABASE, SESSIONS)
}

const FILL = `INSERT INTO products (id, name, category, price_amount, currency, price_version, stock, version, created_at)
  SELECT gen_random_uuid(), 'Bench product', 'bench', 1000, 'USD', 1, 1000000000, 1, now() FROM generate_series(1, ${PRODUCTS})
  RETURNING id`

/** Runs sessions side by side for a while. @param step writes some orders; says how many */
async function rateOf(
  rig: Rig,
  pool: Pool,
  sessions: number,
  seconds: number,
  step: (client: PoolClient) => Promise<number>,
): Promise<Rate> {
  const clients = await Promise.all(Array.from({ length: sessions }, () => pool.connect()))
  const [started, before] = [performance.now(), cpuOf(rig.run)]
  const until = started + seconds * 1000
  let orders = 0
  const session = async (client: PoolClient) => {
    while (performance.now() < until) {
      const written = await step(client)
      orders += written
    }
  }
  await Promise.all(clients.map(session))
  const took = (performance.now() - started) / 1000
  const { postgres = 0, load = 0 } = cpuBetween(before, cpuOf(rig.run))
  for (const client of clients) client.release()
  return { perSecond: orders / took, cpuMsPerOrder: ((postgres + load) / orders) * 1000 }
}

async function commitTimes(pool: Pool): Promise<Quantiles> {
  const client = await pool.connect()
  await client.query('CREATE TABLE bench_commits (id uuid PRIMARY KEY)')
  const times: number[] = []
  for (let i = 0; i < SAMPLES; i++) {
    const started = performance.now()
    await client.query({ name: 'commit', text: 'INSERT INTO bench_commits VALUES ($1)', values: [newId()] })
    times.push(performance.now() - started)
  }
  await client.query('DROP TABLE bench_commits')
  client.release()
  return quantilesOf(times.slice(SAMPLES / 5))
}

const TOPIC = 'bench.roundtrip'

/** Sends one message after the other, each when the one before has come. */
async function roundTrips(rig: Rig): Promise<Quantiles> {
  const kafka = rig.kafka()
  const [admin, producer] = [kafka.admin(), kafka.producer({ allowAutoTopicCreation: false })]
  const consumer = kafka.consumer({ groupId: `bench-${newId()}`, maxWaitTimeInMs: 500 })
  await Promise.all([admin.connect(), producer.connect(), consumer.connect()])
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 1 }], waitForLeaders: true })
  let arrived: (() => void) | undefined
  await consumer.subscribe({ topics: [TOPIC], fromBeginning: true })
  await consumer.run({ autoCommit: false, eachMessage: () => Promise.resolve(arrived?.()) })
  const times: number[] = []
  for (let i = 0; i < SAMPLES; i++) {
    const here = new Promise<void>((resolve) => (arrived = resolve))
    const started = performance.now()
    await producer.send({ topic: TOPIC, acks: -1, messages: [{ value: 'x'.repeat(400) }] })
    await here
    times.push(performance.now() - started)
  }
  await Promise.all([producer.disconnect(), consumer.disconnect()])
  await admin.deleteTopics({ topics: [TOPIC] })
  await admin.disconnect()
  return quantilesOf(times.slice(SAMPLES / 5))
}

/** Times single commits and single messages. */
export async function floorOf(rig: Rig): Promise<Floor> {
  const pool = rig.pool('postgres', 1)
  return { commitMs: await commitTimes(pool), roundTripMs: await roundTrips(rig) }
}

/** Ways of writing orders without messaging, each to be measured for a while. */
export type Plain = Record<keyof PlainRates, (seconds: number) => Promise<Rate>>

/**
 * Writes what the services write for an order, on the same Postgres, in a database of its own, without inbox, outbox
 * and messaging: the most that a hand-written program could do here, and it would lose orders in a crash.
 */
export async function openPlain(rig: Rig): Promise<Plain> {
  const pool = await makeDatabase(rig)
  const products = (await pool.query<{ id: string }>(FILL)).rows.map(({ id }) => id)
  const order = (): BaselineOrder => ({
    id: newId(),
    paymentId: newId(),
    productId: products[Math.floor(Math.random() * PRODUCTS)]!,
    quantity: 1 + Math.floor(Math.random() * 2),
  })
  const one = async (client: PoolClient) => {
    for (const transaction of oneByOne(order())) await transact(client, transaction)
    return 1
  }
  const many = async (client: PoolClient) => {
    for (const transaction of setBased(Array.from({ length: BATCH }, order)))
      await transact(client, transaction)
    return BATCH
  }
  await rateOf(rig, pool, SESSIONS, 1, one)
  // Plans that were made while the tables were empty would be kept.
  await pool.query('ANALYZE')
  return {
    fiveTransactions: (seconds) => rateOf(rig, pool, SESSIONS, seconds, one),
    batches: (seconds) => rateOf(rig, pool, BATCH_SESSIONS, seconds, many),
  }
}
