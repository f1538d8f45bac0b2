import { setTimeout as wait } from 'node:timers/promises'
import { deriveId, newId, openLog, type Recorded } from '@chorus/chassis'
import { heard, migrate, openEngine, type Engine } from '@chorus/chassis/testing'
import type { Events, EventType } from '@chorus/contracts'
import { order } from '@chorus/order'
import { expect } from 'chai'
import { sharedSystem } from './shared.js'
import { until, type System } from './system.js'

const service = order({ deadlineSeconds: 300 })
const placeOrder = service.commands.find(({ name }) => name === 'placeOrder')!
const PRICE = 1000
const productId = newId()

/** An event as Kafka would bring it. */
function delivered<T extends EventType>(
  type: T,
  data: Events[T],
): { kind: 'event'; event: Recorded; message: never } {
  const event = heard(type, data, new Date())
  const message = {
    topic: 'spec',
    partition: 0,
    offset: String(offset++),
    key: event.key,
    headers: {},
    value: null,
  }
  return { kind: 'event', event, message: message as never }
}
let offset = 1

const orderIdOf = (commandId: string) => deriveId(commandId, 'order')

const place = (id: string) => ({
  kind: 'command' as const,
  rule: placeOrder,
  command: {
    id,
    userId: 'spec',
    admin: false,
    body: { items: [{ productId, quantity: 1 }], deliveryAddressId: 'home', payment: { method: 'CARD' } },
  },
  hash: null,
  traceparent: '',
})

const paid = (orderId: string, amount = PRICE) =>
  delivered('PaymentCompleted', {
    paymentId: newId(),
    orderId,
    amount,
    currency: 'USD',
    paidAt: new Date().toISOString(),
  })

const ids = (n: number) => Array.from({ length: n }, () => newId())

describe('the executor, on a real database', function () {
  this.timeout(60_000)
  let system: System
  let url: string
  let engine: Engine
  const database = `executor_${newId().replaceAll('-', '')}`

  before(async function () {
    this.timeout(240_000)
    system = await sharedSystem()
    await system.sql('postgres', `CREATE DATABASE ${database}`)
    url = system.databaseUrl(database)
    await migrate(url, 'order', service.migrations)
    engine = await open()
  })
  const open = () =>
    openEngine(service, { databaseUrl: url, batchLimit: 500, log: openLog('spec', 'silent') })

  beforeEach(async () => {
    await sql('TRUNCATE orders, inbox, outbox, dead_letters')
    await sql('TRUNCATE prices')
    await sql(`INSERT INTO prices VALUES ($1, $2, 'USD', 1)`, [productId, PRICE])
  })

  after(async () => {
    await engine.executor.stop()
    await engine.database.close()
  })

  const count = async (from: string) => Number((await sql(`SELECT count(*) AS n FROM ${from}`))[0]!.n)
  const sql = (query: string, values: unknown[] = []) =>
    system.sql<Record<string, unknown>>(database, query, values)
  const submit = (input: unknown) => engine.executor.submit(input as never)

  async function placed(n: number): Promise<string[]> {
    const commands = ids(n)
    await Promise.all(commands.map((id) => submit(place(id))))
    return commands.map(orderIdOf)
  }

  it('gives an event that is handled twice, from nothing each time, the same event ids', async () => {
    const command = newId()
    const inputs = [place(command), paid(orderIdOf(command))]
    const run = async () => {
      for (const input of inputs) await submit(input)
      return sql('SELECT id, type, causationid FROM outbox ORDER BY id')
    }
    const first = await run()
    await sql('TRUNCATE orders, inbox, outbox')
    expect(first.map(({ type }) => type)).to.have.members(['OrderCompleted', 'OrderCreated'])
    expect(await run()).to.deep.equal(first)
  })

  it('takes what waits into one transaction', async () => {
    await placed(400)
    expect(await count('orders')).to.equal(400)
    expect(await count('(SELECT DISTINCT xmin::text FROM orders) t')).to.be.lessThan(10)
  })

  it('lets an input see what the ones before it in the same batch did', async () => {
    const command = newId()
    await Promise.all([submit(place(command)), submit(paid(orderIdOf(command)))])
    const rows = await sql('SELECT status, version FROM orders')
    expect(rows).to.deep.equal([{ status: 'COMPLETED', version: 2 }])
    expect(await count('(SELECT DISTINCT xmin::text FROM outbox) t')).to.equal(1)
  })

  it('sets aside the one event that breaks a rule and parks its key; the rest of the batch is done', async () => {
    const orders = await placed(20)
    const bad = orders[7]!
    await submit(
      delivered('PaymentFailed', { paymentId: newId(), orderId: bad, userId: 'spec', reason: 'DECLINED' }),
    )
    await Promise.all(orders.map((id) => submit(paid(id))))
    expect(await count(`orders WHERE status = 'COMPLETED'`)).to.equal(19)
    const letters = 'SELECT key, state, reason FROM dead_letters ORDER BY "offset"'
    expect(await sql(letters)).to.deep.equal([{ key: bad, state: 'DEAD', reason: 'RULE_FAILED' }])
    await Promise.all([submit(paid(bad)), submit(paid(orders[0]!))])
    expect((await sql(letters))[1]).to.deep.equal({
      key: bad,
      state: 'WAITING',
      reason: 'KEY_PARKED',
    })
    expect(await count('inbox')).to.equal(20 + 1 + 19 + 1)
  })

  it('finds the one event that the database refuses and does all others', async () => {
    const orders = await placed(30)
    await sql(`ALTER TABLE orders ADD CONSTRAINT unlucky CHECK (status <> 'COMPLETED' OR payable <> 13)`)
    try {
      await Promise.all(orders.map((id, i) => submit(paid(id, i === 11 ? 13 : PRICE))))
    } finally {
      await sql('ALTER TABLE orders DROP CONSTRAINT unlucky')
    }
    expect(await count(`orders WHERE status = 'COMPLETED'`)).to.equal(29)
    const rows = await sql('SELECT key, reason FROM dead_letters')
    expect(rows).to.deep.equal([{ key: orders[11], reason: 'DATABASE_REFUSED' }])
  })

  it('tries an event again whose cause is not visible yet', async () => {
    const command = newId()
    const early = submit(paid(orderIdOf(command)))
    await wait(100)
    await submit(place(command))
    expect((await early).kind).to.equal('done')
    expect(await count(`orders WHERE status = 'COMPLETED'`)).to.equal(1)
    expect(await count('dead_letters')).to.equal(0)
  })

  it('does everything once while two processes race and connections are cut', async () => {
    const other = await open()
    const commands = ids(600)
    const cutter = setInterval(() => {
      void system.sql(
        'postgres',
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND query ILIKE '%outbox%'`,
        [database],
      )
    }, 20)
    const both = commands.flatMap((id) =>
      [engine, other].flatMap(({ executor }) =>
        [place(id), paid(orderIdOf(id))].map((one) => executor.submit(one as never)),
      ),
    )
    const outcomes = await Promise.all(both)
    clearInterval(cutter)
    expect(new Set(outcomes.map(({ kind }) => kind))).to.deep.equal(new Set(['done']))
    expect(await count(`orders WHERE status = 'COMPLETED' AND version = 2`)).to.equal(600)
    expect(await count('outbox')).to.equal(1200)
    expect(await count('dead_letters')).to.equal(0)
    await other.executor.stop()
    await other.database.close()
  })

  it('tells a command that the database cannot be reached, and writes nothing', async () => {
    const command = newId()
    await system.sql('postgres', `ALTER DATABASE ${database} ALLOW_CONNECTIONS false`)
    await system.sql(
      'postgres',
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1',
      [database],
    )
    const error: unknown = await submit(place(command)).catch((e: unknown) => e)
    await system.sql('postgres', `ALTER DATABASE ${database} ALLOW_CONNECTIONS true`)
    expect(error).to.be.an('error').with.property('message', 'the database cannot be reached')
    await until('the database to be back', () =>
      count('orders').then(
        () => true,
        () => false,
      ),
    )
    expect(await count('orders')).to.equal(0)
  })
})
