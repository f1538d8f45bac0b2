import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId } from '@chorus/chassis'
import type { Plan } from '@chorus/chassis/operate'
import { addressesOf } from '@chorus/stack'
import { expect } from 'chai'
import { auditAddresses } from '../audit/addresses.js'
import { audit } from '../audit/audit.js'
import { backup } from '../backup/backup.js'
import { restore } from '../backup/restore.js'
import { examine } from '../doctor/doctor.js'
import { operatedService, type OperatedService } from '../recover-commands/operated.js'
import { describedServices } from '../services.js'
import { ordersOfEveryKind, Shop } from './shop.js'
import { allRows } from './state.js'
import { chorus, someUser, System, until } from './system.js'
import { quiet } from './topics.js'

const ENV = { CHORUS_ENV_GATEWAY_TIMEOUT_MS: '700' }
const services = describedServices.filter(({ tables }) => Object.keys(tables).length > 0)

/** With a system of its own: it destroys what others would look at. */
describe('recovery', function () {
  this.timeout(120_000)
  let system: System
  let shop: Shop
  const user = someUser()
  const key = newId()
  let productId: string
  before(async function () {
    this.timeout(240_000)
    system = await System.start(ENV)
    shop = new Shop(system)
    productId = await shop.product()
    await shop.post({ user, items: [{ productId, quantity: 2 }] }, key)
    await ordersOfEveryKind(shop)
    await quiet(system)
  })
  after(() => system.stop())

  const run = async (...command: string[]) => {
    const { code, output } = await chorus([...command, '--home', system.home, '--json'])
    return { code, report: JSON.parse(output) as Record<string, unknown> }
  }
  const recover = (service: string, ...options: string[]) => run('recover', service, ...options)
  const recoverAll = (option: string) =>
    Promise.all(
      services.map(async ({ name }) => {
        const { code, report } = await recover(name, option)
        expect(code, JSON.stringify(report)).to.equal(0)
        return report
      }),
    )

  const placeMany = (orders: number) =>
    Promise.all(
      Array.from({ length: orders }, () => shop.place({ user, items: [{ productId, quantity: 1 }] })),
    )

  /** What the auditor finds broken, topics included. */
  const broken = async () => (await audit(auditAddresses(system.run))).filter((finding) => finding.broken > 0)

  /** All rows that are folded or projected. */
  async function rows(): Promise<Record<string, string[]>> {
    const names = services.flatMap(({ name, tables }) =>
      Object.values(tables).map((table) => `${name}.${table.name}`),
    )
    const all = await allRows(system)
    return Object.fromEntries(names.map((name) => [name, all[name]!]))
  }

  async function emptyAll(): Promise<void> {
    for (const table of Object.keys(await rows())) {
      const [service, name] = table.split('.')
      await system.sql(service!, `TRUNCATE ${name}, inbox, outbox, dead_letters`)
    }
  }

  /** The events of an order, as the tracker has them. */
  async function told(id: string): Promise<{ standing: string; copies: number }[]> {
    const { body } = await system.ask('tracker', `/api/flows/${id}`, { user: 'admin', admin: true })
    return (body.hops ?? []) as { standing: string; copies: number }[]
  }

  it('says what it would do, and changes nothing, unless it is told to do it', async () => {
    const before = await rows()
    const { code, report } = await recover('payment')
    expect(code).to.equal(0)
    expect(report).to.deep.include({ done: false, tables: ['payments'] })
    expect(await rows()).to.deep.equal(before)
  })

  it('verifies each service beside the live tables: every table is the same', async () => {
    for (const report of await recoverAll('--verify')) expect(report).to.deep.include({ same: true, gaps: 0 })
  })

  it('finds the row that is not as the topics would have it', async () => {
    const [row] = await system.sql<{ order_id: string }>('payment', 'SELECT order_id FROM payments LIMIT 1')
    const change = (by: number) =>
      system.sql('payment', 'UPDATE payments SET amount = amount + $1 WHERE order_id = $2', [
        by,
        row!.order_id,
      ])
    await change(1)
    const { code, report } = await recover('payment', '--verify')
    await change(-1)
    expect(code).to.equal(1)
    expect((report.tables as { differing: string[] }[])[0]!.differing).to.deep.equal([row!.order_id])
  })

  it('sends again from the outbox what a broker lost in mid-load', async () => {
    const { id: before } = await shop.order({ user, items: [{ productId, quantity: 1 }] })
    await until('the tracker to hear it', async () => (await told(before)).length === 5)
    const orders = await placeMany(30)
    await system.restart(({ kafkaData }) => rmSync(kafkaData, { recursive: true }), ENV)
    await quiet(system)
    for (const id of orders) expect((await shop.read(user, id)).status).to.equal('COMPLETED')
    expect(await broken()).to.deep.equal([])
    // At its old place, or at a new one: it stands there once.
    await until('the tracker to know where everything stands now', async () => {
      const hops = await told(before)
      return hops.every(({ standing, copies }) => standing !== 'gone' && copies === 0)
    })
    expect((await recover('order', '--verify')).report).to.deep.include({ same: true, gaps: 0 })
  })

  it('sends again when slot and publication were dropped, once it is told to', async () => {
    await fetch(`${addressesOf(system.run).connect}/connectors/order-outbox/stop`, { method: 'PUT' })
    const gone = `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'outbox_order' AND NOT active`
    await until('the slot to be dropped', async () => (await system.sql('order', gone)).length === 1)
    await system.sql('order', 'DROP PUBLICATION outbox_pub')
    const id = await shop.place({ user, items: [{ productId, quantity: 1 }] })
    const { report } = await run('redrive', 'order')
    expect(report).to.deep.include({ done: false, publication: false })
    expect(report).to.not.have.property('slot')
    expect((await run('redrive', 'order', '--yes')).code).to.equal(0)
    expect((await shop.ended(user, id)).status).to.equal('COMPLETED')
    await quiet(system)
    expect(await broken()).to.deep.equal([])
  })

  it('finds slots that Postgres gave up; a redrive mends one, the launcher the others by itself', async () => {
    const keep = async (change: string) => {
      await system.sql('order', `ALTER SYSTEM ${change}`)
      await system.sql('order', 'SELECT pg_reload_conf()')
    }
    const given = async () => {
      const troubles = (await examine(system.run)).flatMap((one) => one.troubles)
      return troubles.filter(({ what }) => what.includes('was given up')).map(({ part }) => part)
    }
    const { pid } = system.run.launcher
    process.kill(pid, 'SIGSTOP')
    try {
      await keep(`SET max_slot_wal_keep_size = '1MB'`)
      for (let i = 0; i < 3; i++)
        await system.sql('order', `SELECT pg_logical_emit_message(false, 'spec', 'x'), pg_switch_wal()`)
      await system.sql('order', 'CHECKPOINT')
      await until('the slots to be given up', async () => (await given()).length === services.length)
      await keep('RESET max_slot_wal_keep_size')
      expect((await run('redrive', 'order', '--yes')).report.slot).to.equal('lost')
      expect(await given()).to.have.members(['coupon', 'product', 'payment'])
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    const id = await shop.place({ user, items: [{ productId, quantity: 1 }] })
    expect((await shop.ended(user, id)).status).to.equal('COMPLETED')
    await quiet(system)
    expect(await broken()).to.deep.equal([])
  })

  it('plans and runs a replay: the inbox skips what it knows, what was lost is done, nothing is charged', async () => {
    const booked = await system.bookings()
    const lost = async () =>
      (await system.sql('order', 'SELECT FROM prices WHERE product_id = $1', [productId])).length === 0
    const [event] = await system.sql<{ id: string }>(
      'product',
      `SELECT id FROM outbox WHERE subject = $1 AND type = 'ProductCreated'`,
      [productId],
    )
    await system.sql('order', 'DELETE FROM prices WHERE product_id = $1', [productId])
    await system.sql('order', 'DELETE FROM inbox WHERE id = $1', [event!.id])
    const filters = ['order', '--from', '0', '--type', 'ProductCreated', '--key', productId]
    const { report } = await run('replay', 'plan', ...filters)
    const { stretches } = report as unknown as Plan
    expect(stretches).to.have.length(1)
    const created = stretches[0]!.counted.find(({ type }) => type === 'ProductCreated')!
    expect(created).to.deep.include({ version: '1', heard: true })
    expect(created.events - created.known).to.be.at.least(1)
    expect(await lost()).to.equal(true)
    expect((await run('replay', 'run', ...filters)).code).to.equal(0)
    expect(await lost()).to.equal(false)
    await system.sql('payment', 'TRUNCATE inbox')
    const before = await rows()
    const replayed = await run('replay', 'run', 'payment', '--from', '0')
    expect(replayed.code).to.equal(0)
    const counted = (replayed.report as unknown as Plan).stretches.flatMap((one) => one.counted)
    expect(counted.find(({ type }) => type === 'ProductCreated')).to.deep.include({ heard: false, known: 0 })
    await quiet(system)
    expect(await rows()).to.deep.equal(before)
    expect(await system.bookings()).to.deep.equal(booked)
  })

  it('comes back from backups when the disk of Postgres is lost, with all that was done since', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'chorus-backups-'))
    const each = (work: (operated: OperatedService, path: string) => Promise<unknown>) =>
      Promise.all(
        services.map(async ({ name }) => work(await operatedService(system.run, name), join(folder, name))),
      )
    const [underWay] = await Promise.all([
      placeMany(10),
      each(({ kafka, group, url }, path) => backup(kafka, group, url, path)),
    ])
    const since = await placeMany(10)
    await quiet(system)
    const [before, booked] = [await rows(), await system.bookings()]
    await system.restart(({ postgresData }) => rmSync(postgresData, { recursive: true }), ENV)
    expect(Object.values(await rows()).flat()).to.deep.equal([])
    await each((operated, path) => restore({ ...operated, path }))
    rmSync(folder, { recursive: true })
    await quiet(system)
    expect(await rows()).to.deep.equal(before)
    expect(await system.bookings()).to.deep.equal(booked)
    for (const id of [...underWay, ...since]) expect((await shop.read(user, id)).status).to.equal('COMPLETED')
    expect(await broken()).to.deep.equal([])
  })

  it('rebuilds every table from topics alone, twice, with no call to the gateway', async () => {
    const [before, booked] = [await rows(), await system.bookings()]
    for (let round = 1; round <= 2; round++) {
      await emptyAll()
      await recoverAll('--yes')
      await quiet(system)
      expect(await rows(), `round ${round}`).to.deep.equal(before)
    }
    expect(await system.bookings()).to.deep.equal(booked)
  })

  it('knows a request that was answered before, and goes on', async () => {
    const left = await shop.stockOf(productId)
    const again = await shop.post({ user, items: [{ productId, quantity: 2 }] }, key)
    expect(again.status).to.equal(202)
    expect(again.body.status).to.equal('COMPLETED')
    expect((await shop.order({ user, items: [{ productId, quantity: 1 }] })).status).to.equal('COMPLETED')
    expect(await shop.stockOf(productId)).to.equal(left - 1)
  })
})
