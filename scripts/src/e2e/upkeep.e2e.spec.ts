import { newId } from '@chorus/chassis'
import { keepPartitions, migrate, sizesOf } from '@chorus/chassis/testing'
import { addressesOf } from '@chorus/stack'
import { expect } from 'chai'
import pg from 'pg'
import { sharedSystem } from './shared.js'
import { until, type System } from './system.js'

const DAY_MS = 86_400_000
const retention = { outboxDays: 7, inboxDays: 90 }
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS)

describe('upkeep of outbox and inbox', function () {
  this.timeout(60_000)
  const database = `upkeep_${newId().replaceAll('-', '')}`
  const slot = `spec_${database}`
  let system: System
  let pool: pg.Pool
  before(async function () {
    this.timeout(240_000)
    system = await sharedSystem()
    await system.sql('postgres', `CREATE DATABASE ${database}`)
    await migrate(system.databaseUrl(database), 'order', [])
    // As the service itself: the runtime role.
    pool = new pg.Pool({ connectionString: system.databaseUrl(database), options: '-c role=order_app' })
  })
  after(async () => {
    await pool.end()
    await system.sql(
      database,
      'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1',
      [slot],
    )
  })

  const keep = (at: Date) => keepPartitions(pool, retention, at)
  const sql = (query: string, values: unknown[] = []) =>
    system.sql<Record<string, unknown>>(database, query, values)
  const count = async (from: string) => (await sql(`SELECT count(*)::int AS n FROM ${from}`))[0]!.n
  const partitionsOf = async (table: string) =>
    (await sql(`SELECT tableoid::regclass::text AS name FROM ${table} GROUP BY 1 ORDER BY 1`)).map(
      ({ name }) => name,
    )

  const emit = (at: Date) =>
    sql(
      `INSERT INTO outbox (id, aggregatetype, aggregateid, type, source, subject, time, dataschema, correlationid, causationid, aggregateversion, traceparent, payload, created_at)
       VALUES ($1, 'order', 'k', 't', 's', 's', 't', 'd', 'c', 'c', '1', '', '{}', $2)`,
      [newId(), at],
    )
  const enter = (id: string, at = new Date()) =>
    sql('INSERT INTO inbox (id, received_at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id', [id, at])
  const confirm = () =>
    sql(
      'SELECT pg_replication_slot_advance($1, pg_current_wal_lsn()) FROM pg_logical_emit_message(false, $2, $2)',
      [slot, 'spec'],
    )

  it('makes partitions ahead of the clock, each once', async () => {
    await keep(inDays(20))
    expect(await keep(inDays(20))).to.deep.equal({ made: [], dropped: [] })
    const { made } = await keep(inDays(21))
    expect(made.filter((name) => name.startsWith('outbox'))).to.deep.equal([
      `outbox_${inDays(24).toISOString().slice(0, 10).replaceAll('-', '')}`,
    ])
  })

  it('drops an outbox partition when it is old enough and the slot has confirmed it, not before', async () => {
    await emit(inDays(1))
    await emit(inDays(2))
    expect(await partitionsOf('outbox')).to.have.length(2)
    for (const days of [8, 8, 30, 30])
      expect((await keep(inDays(days))).dropped, 'without a slot').to.deep.equal([])
    await sql(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot])
    await sql('TRUNCATE partitions.leaving')
    await keep(inDays(9))
    expect((await keep(inDays(9))).dropped, 'not confirmed').to.deep.equal([])
    await confirm()
    const { dropped } = await keep(inDays(9))
    expect(dropped).to.include(`outbox_${inDays(1).toISOString().slice(0, 10).replaceAll('-', '')}`)
    expect(await count('outbox')).to.equal(1)
  })

  it('drops an inbox partition when its time and all it received are old enough', async () => {
    await sql('TRUNCATE inbox')
    const old = newId()
    await enter(old, inDays(0))
    await enter(newId(), inDays(60))
    await keep(inDays(140))
    expect(await enter(old)).to.deep.equal([])
    await keep(inDays(151))
    expect(await enter(old)).to.deep.equal([{ id: old }])
  })

  it('enters an id once, also when the partition of its time is only made later', async () => {
    const early = newId(inDays(400).getTime())
    expect(await enter(early)).to.have.length(1)
    expect(await partitionsOf('inbox')).to.deep.equal(['partitions.inbox_default'])
    await keep(inDays(390))
    expect(await partitionsOf('inbox')).to.not.include('partitions.inbox_default')
    expect(await enter(early)).to.deep.equal([])
  })

  it('forgets ids whose prefix is no time when they are old enough', async () => {
    await sql('TRUNCATE inbox')
    const hashed = ['f0e1d2c3-0000-8000-8000-000000000001', 'f0e1d2c3-0000-8000-8000-000000000002']
    await enter(hashed[0]!, inDays(0))
    await enter(hashed[1]!, inDays(50))
    await keep(inDays(91))
    expect(await sql('SELECT id FROM inbox')).to.deep.equal([{ id: hashed[1] }])
  })

  it('takes from the runtime role what only the upkeep may do', async () => {
    for (const statement of [
      'DROP TABLE outbox',
      'DELETE FROM outbox',
      "SELECT partitions.make('outbox', now())",
      'SELECT 1 FROM partitions.outbox_default',
    ]) {
      const error: unknown = await pool.query(statement).catch((e: unknown) => e)
      expect(error, statement).to.have.property('code', '42501')
    }
  })

  it('shows sizes and ages in the metrics', async () => {
    const sizes = await sizesOf(pool)
    expect(sizes.map(({ table }) => table).sort()).to.deep.equal(['inbox', 'outbox'])
    let text = ''
    await until('order to show them', async () => {
      text = await (await fetch(`${addressesOf(system.run).order}/metrics`)).text()
      return text.includes('chorus_partitions{')
    })
    for (const table of ['outbox', 'inbox']) {
      const of = (name: string) =>
        Number(new RegExp(`^${name}{.*table="${table}".*} (.*)$`, 'm').exec(text)?.[1])
      expect(of('chorus_partitions')).to.be.at.least(4)
      expect(of('chorus_partition_bytes')).to.be.greaterThan(0)
      expect(of('chorus_partition_oldest_seconds')).to.be.greaterThan(0)
      expect(of('chorus_partition_default_bytes')).to.be.at.least(0)
    }
  })
})
