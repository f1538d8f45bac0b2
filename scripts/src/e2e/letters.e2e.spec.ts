import { placeOf, type Letter, type Letters } from '@chorus/chassis/operate'
import { expect } from 'chai'
import { auditAddresses } from '../audit/addresses.js'
import { audit } from '../audit/audit.js'
import { lettersOf } from '../letter-commands/letters.js'
import { sharedShop } from './shared.js'
import type { Shop } from './shop.js'
import { chorus, someUser, until, type System } from './system.js'
import { quiet, readAll, send, type Read } from './topics.js'

describe('dead letters', function () {
  this.timeout(60_000)
  let system: System
  let shop: Shop
  let user: string
  let productId: string
  before(async function () {
    this.timeout(240_000)
    ;({ system, shop } = await sharedShop())
    await quiet(system)
  })

  beforeEach(async () => {
    user = someUser()
    productId = await shop.product({ stock: 9 })
    await breakProduct()
  })

  // What a spec that failed leaves behind is handled before the next one begins.
  afterEach(async () => {
    await mend()
    await releaseAll()
  })

  /** Product's database refuses to reserve this one product, until it is mended. */
  const breakProduct = () =>
    system.sql(
      'product',
      `ALTER TABLE reservations ADD CONSTRAINT broken CHECK (position('${productId}' in items::text) = 0) NOT VALID`,
    )
  const mend = () => system.sql('product', 'ALTER TABLE reservations DROP CONSTRAINT IF EXISTS broken')

  /** The command, as a user runs it. */
  async function dlq<Said>(...args: string[]): Promise<{ code: number; said: Said }> {
    const { code, output } = await chorus(['dlq', ...args, '--home', system.home, '--json'])
    expect(output).to.match(/^[[{]/)
    return { code, said: JSON.parse(output) as Said }
  }

  const ofProduct = () => lettersOf(system.run, 'product')
  const listed = async (): Promise<Letters> => (await (await ofProduct()).find({}, 100))[0]!
  const lettersLeft = async () => (await system.sql('product', 'SELECT FROM dead_letters')).length

  /** Has all letters handled again, once the fault is mended. */
  async function releaseAll(): Promise<void> {
    if ((await lettersLeft()) === 0) return
    await (await ofProduct()).release({})
    await until('all letters to be handled', async () => (await lettersLeft()) === 0)
  }

  const place = () => shop.place({ user, items: [{ productId, quantity: 1 }] })
  const cancel = (id: string) => system.ask('order', `/orders/${id}/cancel`, { method: 'POST', user })

  async function reservation(orderId: string): Promise<string | undefined> {
    const sql = 'SELECT status FROM reservations WHERE order_id = $1'
    return (await system.sql<{ status: string }>('product', sql, [orderId]))[0]?.status
  }

  /** An order that Product cannot handle, and its cancellation, which waits behind it. */
  async function deadAndCancelled(): Promise<string> {
    const id = await place()
    await cancel(id)
    await until('both to be set aside', async () => {
      const sql = 'SELECT state FROM dead_letters WHERE key = $1 ORDER BY 1'
      const rows = await system.sql<{ state: string }>('product', sql, [id])
      return rows.map(({ state }) => state).join() === 'DEAD,WAITING'
    })
    return id
  }

  async function expectAllHolds(): Promise<void> {
    await quiet(system)
    const findings = await audit(auditAddresses(system.run), { skipTopics: true })
    expect(findings.filter(({ broken }) => broken > 0)).to.deep.equal([])
  }

  it('are handled again once the fault is mended, each key in its order, until none is left', async () => {
    const [cancelled, one, two] = [await deadAndCancelled(), await place(), await place()]
    await until('all to be set aside', async () => (await lettersLeft()) === 4)

    const before = (await dlq<Letters[]>('list', '--service', 'product')).said[0]!
    expect(before).to.include({ dead: 3, waiting: 1, keys: 3 })
    const first = before.items.find(({ key, state }) => key === cancelled && state === 'DEAD')!
    expect(first).to.deep.include({ topic: 'order.events', type: 'OrderCreated', attempts: 1, behind: 1 })
    expect(first.reason).to.equal('DATABASE_REFUSED')
    const { said: whole } = await dlq<Letter>('show', 'product', placeOf(first))
    expect(JSON.parse(whole.payload!)).to.include({ orderId: cancelled })

    expect((await dlq('release', '--service', 'product')).said).to.have.property('dryRun', true)
    expect(await listed()).to.deep.equal(before)

    const again = await dlq<{ released: number }>('release', '--service', 'product', '--yes')
    expect(again).to.deep.include({ code: 1 }).and.to.have.nested.property('said.released', 3)
    const after = await listed()
    expect(after).to.include({ dead: 3, waiting: 1, keys: 3 })
    const dead = after.items.filter(({ state }) => state === 'DEAD')
    expect(dead.map(({ attempts, released }) => [attempts, released])).to.deep.equal(
      Array.from({ length: 3 }, () => [2, false]),
    )

    await mend()
    expect((await dlq('release', '--key', cancelled, '--yes')).code).to.equal(0)
    expect(await reservation(cancelled)).to.equal('RESTORED')
    expect(await listed()).to.include({ dead: 2, waiting: 0, keys: 2 })
    expect((await dlq('release', '--yes')).code).to.equal(0)
    expect(await lettersLeft()).to.equal(0)
    for (const id of [one, two]) expect((await shop.ended(user, id)).status).to.equal('COMPLETED')
    await expectAllHolds()
  })

  it('go on with their release after the service was killed', async () => {
    const id = await deadAndCancelled()
    await mend()
    const release = await system.lock('product', 'inbox')
    await system.ask('product', '/admin/dead-letters/release', { user, admin: true, body: { key: id } })
    await system.killAndWait('product')
    await release()
    await until('the release to end', async () => (await lettersLeft()) === 0)
    expect(await reservation(id)).to.equal('RESTORED')
    await expectAllHolds()
  })

  it('are dropped on record, and what waits behind them goes on', async () => {
    const id = await deadAndCancelled()
    const { topic, partition, offset } = (await listed()).items[0]!
    const letter = `${topic}/${partition}/${offset}`
    const drop = ['drop', 'product', letter, '--why', 'the order is cancelled']
    await dlq(...drop)
    expect(await lettersLeft()).to.equal(2)
    expect((await dlq(...drop, '--yes')).code).to.equal(0)
    await until('the cancellation to be handled', async () => (await lettersLeft()) === 0)
    expect(await reservation(id)).to.equal('TOMBSTONED')
    const record = 'SELECT key, state, dropped_by, why FROM dropped_letters WHERE key = $1'
    expect(await system.sql('product', record, [id])).to.deep.equal([
      { key: id, state: 'DEAD', dropped_by: 'operator', why: 'the order is cancelled' },
    ])
    const isDropped = ({ message }: Read) =>
      String(message.key) === id && String(message.headers?.ce_type) === 'OrderCreated'
    await send(system, (await readAll(system)).filter(isDropped))
    await quiet(system)
    expect(await reservation(id), 'when it comes again').to.equal('TOMBSTONED')
    await expectAllHolds()
  })

  it('are dead again when their release has ended the process too often, and go on once that is mended', async () => {
    const id = await deadAndCancelled()
    await mend()
    // As three processes leave it that ended in the middle of the release.
    await system.sql('product', `UPDATE dead_letters SET started = 3 WHERE key = $1 AND state = 'DEAD'`, [id])
    expect((await dlq('release', '--key', id, '--yes')).code).to.equal(1)
    expect((await listed()).items.map(({ reason }) => reason)).to.deep.equal([
      'ENDS_THE_PROCESS',
      'KEY_PARKED',
    ])
    await releaseAll()
    expect(await reservation(id)).to.equal('RESTORED')
  })

  it('are counted, and are for admins only', async () => {
    await deadAndCancelled()
    const metrics = await (await fetch(`http://127.0.0.1:${system.run.ports.product}/metrics`)).text()
    expect(metrics).to.match(/chorus_dead_letters\{state="DEAD",service="product"\} 1/)
    expect(metrics).to.match(/chorus_parked_keys\{service="product"\} 1/)
    for (const path of ['', '/release', '/drop']) {
      const method = path === '' ? 'GET' : 'POST'
      const { status, body } = await system.ask('product', `/admin/dead-letters${path}`, { method, user })
      expect([status, body.code]).to.deep.equal([403, 'ADMIN_REQUIRED'])
    }
  })
})
