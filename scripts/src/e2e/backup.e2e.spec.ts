import { mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { operatedService } from '../recover-commands/operated.js'
import { restore } from '../backup/restore.js'
import { sharedShop } from './shared.js'
import type { Shop } from './shop.js'
import { allRows } from './state.js'
import { chorus, someUser, until, type System } from './system.js'
import { quiet, sentBy } from './topics.js'

const RUINED = ['order', 'payment']

/** Of rows as text, that begin with it. */
const ids = (lines: readonly string[]) => lines.map((line) => line.slice(1, 37))

describe('a backup', function () {
  this.timeout(90_000)
  let system: System
  let shop: Shop
  let productId: string
  const user = someUser()
  const folder = mkdtempSync(join(tmpdir(), 'chorus-backup-'))
  const fileOf = (service: string) => join(folder, service)
  before(async function () {
    this.timeout(240_000)
    ;({ system, shop } = await sharedShop())
    productId = await shop.product()
    await quiet(system)
  })
  after(async () => {
    rmSync(folder, { recursive: true })
    await consumption('resume')
  })

  const consumption = (what: string) =>
    system.ask('payment', `/admin/consumption/${what}`, { user: 'admin', admin: true, body: {} })
  const run = async (...command: string[]) => {
    const { code, output } = await chorus([...command, '--home', system.home, '--json'])
    expect(code, output).to.equal(0)
    return JSON.parse(output) as { window?: { events: number }; folded?: number }
  }
  const load = (orders: number) =>
    Promise.all(
      Array.from({ length: orders }, () => shop.place({ user, items: [{ productId, quantity: 1 }] })),
    )

  /** Rows of the services that are ruined, as text; of the outbox only the ids, for its rows are entered anew. */
  async function rows(): Promise<Record<string, string[]>> {
    const all = Object.entries(await allRows(system))
    const own = all.filter(([name]) => RUINED.some((service) => name.startsWith(`${service}.`)))
    const inbox = await system.sql<{ id: string }>('order', 'SELECT id FROM inbox')
    return {
      ...Object.fromEntries(
        own.map(([name, lines]) => [name, name.endsWith('.outbox') ? ids(lines) : lines]),
      ),
      'order.inbox': inbox.map(({ id }) => id),
    }
  }

  async function ruin(service: string): Promise<void> {
    const names = Object.keys(await rows()).filter((name) => name.startsWith(`${service}.`))
    await system.sql(service, `TRUNCATE inbox, ${names.map((name) => name.split('.')[1]!).join(', ')}`)
  }

  it('that is taken in mid-load brings back all, with what was committed since and what is under way', async () => {
    const keeping = RUINED.map((service) => run('backup', service, fileOf(service)))
    await load(10)
    for (const { window } of await Promise.all(keeping)) expect(window!.events).to.be.greaterThan(0)
    // Its price is no fact of Order: it comes again from the topic of Product.
    await shop.product()
    await load(5)
    await quiet(system)
    const [before, told] = [await rows(), await sentBy(system)]
    await consumption('pause')
    const waiting = await load(3)
    await until('the orders to wait for payment', async () => {
      const stocked = await system.sql('order', `SELECT FROM orders WHERE status = 'STOCK_SECURED'`)
      return stocked.length === waiting.length
    })
    await Promise.all(RUINED.map(ruin))
    const restored = await Promise.all(
      RUINED.map((service) => run('restore', service, fileOf(service), '--yes')),
    )
    for (const { folded } of restored) expect(folded).to.be.greaterThan(0)
    for (const id of waiting) expect((await shop.ended(user, id)).status).to.equal('COMPLETED')
    await quiet(system)
    const after = await rows()
    for (const [table, lines] of Object.entries(before)) expect(after[table], table).to.include.members(lines)
    // Each order that waited was created and completed, its payment requested and completed; nothing is told twice.
    const more = 2 * waiting.length
    expect(await sentBy(system)).to.include({ order: told.order! + more, payment: told.payment! + more })
  })

  it('is refused when it is of another service, of another schema or cut off', async () => {
    const refused = async (service: string, path: string) => {
      const operated = await operatedService(system.run, service)
      return restore({ ...operated, path }).then(
        () => 'nothing',
        (error: Error) => error.message,
      )
    }
    expect(await refused('coupon', fileOf('order'))).to.contain('is a backup of order')
    await system.sql('order', `UPDATE migrations SET name = name || '+' WHERE name = '001_orders'`)
    expect(await refused('order', fileOf('order'))).to.contain('is of another schema')
    await system.sql('order', `UPDATE migrations SET name = '001_orders' WHERE name = '001_orders+'`)
    truncateSync(fileOf('order'), statSync(fileOf('order')).size - 100)
    expect(await refused('order', fileOf('order'))).to.contain('is no whole backup')
  })
})
