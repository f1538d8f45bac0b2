import { newId, openLog, rulesOver, service, table } from '@chorus/chassis'
import { heard, migrate, openEngine, type Engine } from '@chorus/chassis/testing'
import { expect } from 'chai'
import { sharedSystem } from './shared.js'
import type { System } from './system.js'

interface CountRow {
  user_id: string
  cancelled: number
}

const tables = { counts: table<CountRow>('counts', 'user_id') }

/** A rule that believes everything it hears: only the inbox stands between it and counting twice. */
const gullible = rulesOver(tables).projection(
  { OrderCancelled: ['userId'] },
  {
    touches: ({ data }) => ({ counts: [data.userId] }),
    project({ counts }, { data: { userId } }) {
      const row = counts.get(userId)
      if (row) counts.patch(userId, { cancelled: row.cancelled + 1 })
      else counts.insert({ user_id: userId, cancelled: 1 })
    },
  },
)

const counter = service({
  name: 'order',
  tables,
  reactions: [],
  projections: [gullible],
  commands: [],
  evolve: {},
  routes: [],
  migrations: [
    {
      name: '001',
      up: (db) => db.raw('CREATE TABLE counts (user_id text PRIMARY KEY, cancelled int NOT NULL)'),
    },
  ],
})

const delivered = (
  offset: number,
  event = heard('OrderCancelled', { orderId: newId(), userId: 'u1', reason: 'USER' }),
) => ({
  kind: 'event' as const,
  event,
  message: { topic: 'spec', partition: 0, offset: String(offset), key: event.key, headers: {}, value: null },
})

describe('the inbox, alone', function () {
  this.timeout(60_000)
  const database = `inbox_${newId().replaceAll('-', '')}`
  let system: System
  let engine: Engine
  before(async function () {
    this.timeout(240_000)
    system = await sharedSystem()
    await system.sql('postgres', `CREATE DATABASE ${database}`)
    await migrate(system.databaseUrl(database), 'order', counter.migrations)
    engine = await openEngine(counter, {
      databaseUrl: system.databaseUrl(database),
      batchLimit: 500,
      log: openLog('spec', 'silent'),
    })
  })
  after(async () => {
    await engine.executor.stop()
    await engine.database.close()
  })

  const counted = async () =>
    (await system.sql<CountRow>(database, 'SELECT cancelled FROM counts')).map(({ cancelled }) => cancelled)

  it('keeps a rule that has no guard of its own from counting an event twice, in one batch or later', async () => {
    const events = Array.from({ length: 50 }, (_, i) => delivered(i))
    const twice = [...events, ...events.map(({ event }, i) => delivered(100 + i, event))]
    await Promise.all(twice.map((input) => engine.executor.submit(input)))
    await Promise.all(events.map((input) => engine.executor.submit(input)))
    expect(await counted()).to.deep.equal([50])
  })

  it('is what does it: emptied, it lets the same events through once more', async () => {
    const input = delivered(500)
    await engine.executor.submit(input)
    const [before] = await counted()
    await system.sql(database, 'TRUNCATE inbox')
    await engine.executor.submit(input)
    expect(await counted()).to.deep.equal([before! + 1])
  })
})
