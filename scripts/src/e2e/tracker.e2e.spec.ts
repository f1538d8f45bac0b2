import { messageOf, newId } from '@chorus/chassis'
import { topology } from '@chorus/contracts'
import { addressesOf } from '@chorus/stack'
import { readStep, type PlacedStep } from '@chorus/tracker/flow'
import { groupOf, storeSteps } from '@chorus/tracker/store'
import { expect } from 'chai'
import pg, { type QueryResultRow } from 'pg'
import { sharedShop } from './shared.js'
import type { Shop } from './shop.js'
import { chorus, someUser, until, type System } from './system.js'
import { quiet, readAll, send } from './topics.js'

interface Story {
  state: string
  hops: { id: string; type: string; service: string; copies: number; tookMs?: number }[]
  waitingFor: { service: string; owes: string[]; after: string; since: string }[]
}

const HAPPY = ['OrderCreated', 'StockDecremented', 'PaymentRequested', 'PaymentCompleted', 'OrderCompleted']

const typesOf = ({ hops }: Story) => hops.map(({ type }) => type)
/** Of those whose time has come. */
const awaited = ({ waitingFor }: Story) => waitingFor.filter(({ since }) => Date.parse(since) <= Date.now())

describe('the tracker', function () {
  this.timeout(90_000)
  let system: System
  let shop: Shop
  before(async function () {
    this.timeout(240_000)
    ;({ system, shop } = await sharedShop())
  })

  const admin = { user: 'admin', admin: true }
  const tell = async (id: string) =>
    (await system.ask('tracker', `/api/flows/${id}`, admin)).body as unknown as Story
  /** The flow once all of these are heard: topics are read side by side, so the last event may be heard first. */
  async function told(id: string, ...types: string[]): Promise<Story> {
    await until(`the tracker to hear ${types.join(', ')}`, async () => {
      const { status, body } = await system.ask('tracker', `/api/flows/${id}`, admin)
      if (status !== 200) return false
      const heard = typesOf(body as unknown as Story)
      return types.every((type) => heard.includes(type))
    })
    return tell(id)
  }

  const explain = async (id: string) => {
    const { code, output } = await chorus(['explain', id, '--json', '--home', system.home])
    return {
      code,
      ...(JSON.parse(output) as { state: string; missing: { service: string; because: string }[] }),
    }
  }

  const inEachTable = <Row extends object>(select: (table: string) => string) =>
    Promise.all(
      ['flows', 'steps', 'copies', 'logs'].map((table) =>
        system.sql<Row & QueryResultRow>('tracker', select(table)),
      ),
    )
  /** Everything that is stored, as text. */
  const rows = async () =>
    (await inEachTable<{ row: string }>((table) => `SELECT t::text AS row FROM ${table} t ORDER BY 1`)).map(
      (all) => all.map(({ row }) => row),
    )
  const sizes = async () =>
    (await inEachTable<{ n: number }>((table) => `SELECT count(*)::int AS n FROM ${table}`)).map(
      ([one]) => one!.n,
    )

  it('tells an order from its beginning to its end, and that nothing is missing', async () => {
    const [user, productId] = [someUser(), await shop.product()]
    const { id } = await shop.order({ user, items: [{ productId, quantity: 1 }] })
    const story = await told(id, ...HAPPY)
    expect(typesOf(story)).to.eql(HAPPY)
    expect(story).to.deep.include({ state: 'COMPLETED', waitingFor: [] })
    expect(story.hops.slice(1).every(({ tookMs }) => tookMs !== undefined)).to.equal(true)
    const { body } = await system.ask('tracker', `/api/flows?user=${user}`, admin)
    expect(body.items).to.have.length(1)
    expect(await explain(id)).to.deep.include({ code: 0, state: 'COMPLETED', missing: [] })
  })

  it('says within 2 s who has to act while payment is stopped, and so does explain', async () => {
    const [user, productId] = [someUser(), await shop.product()]
    system.signal('payment', 'SIGSTOP')
    let id: string
    try {
      id = await shop.place({ user, items: [{ productId, quantity: 1 }] })
      await told(id, 'StockDecremented')
      const [wait] = awaited(await tell(id))
      expect(Date.now() - Date.parse(wait!.since)).to.be.below(2000)
      expect(wait).to.include({ service: 'payment', after: 'StockDecremented' })
      expect(wait!.owes).to.include('PaymentRequested')
      const { code, missing } = await explain(id)
      const [first] = missing
      expect([code, first?.service, first?.because]).to.eql([2, 'payment', 'payment does not answer'])
    } finally {
      system.signal('payment', 'SIGCONT')
    }
    await shop.ended(user, id)
    expect((await told(id, ...HAPPY)).waitingFor).to.eql([])
  })

  it('says what a service set aside of the order, in the console too, until it is let go', async () => {
    const [user, productId] = [someUser(), await shop.product()]
    await system.sql(
      'product',
      `ALTER TABLE reservations ADD CONSTRAINT broken CHECK (position('${productId}' in items::text) = 0) NOT VALID`,
    )
    let id: string
    try {
      id = await shop.place({ user, items: [{ productId, quantity: 1 }] })
      await told(id, 'OrderCreated')
      const authorization = `Bearer ${await system.tokenOf('admin', true)}`
      const page = async () =>
        (await fetch(`${addressesOf(system.run).tracker}/flows/${id}`, { headers: { authorization } })).text()
      await until('the dead letter to show', async () =>
        (await page()).includes('product set OrderCreated aside (DATABASE_REFUSED'),
      )
      const [first] = (await explain(id)).missing
      expect(first?.because).to.include('product set OrderCreated aside (DATABASE_REFUSED')
    } finally {
      await system.sql('product', 'ALTER TABLE reservations DROP CONSTRAINT broken')
    }
    await chorus(['dlq', 'release', '--key', id, '--yes', '--home', system.home])
    expect((await shop.ended(user, id)).status).to.equal('COMPLETED')
  })

  it('tells what a failure takes back', async () => {
    const [user, productId] = [someUser(), await shop.product()]
    const items = [{ productId, quantity: 1 }]
    const userCouponId = await shop.heldCoupon(user)
    const { id } = await shop.order({ user, items, userCouponId, token: 'tok_decline' })
    const story = await told(id, 'PaymentFailed', 'OrderFailed', 'StockRestored', 'CouponRestored')
    expect([story.state, awaited(story)]).to.eql(['FAILED', []])
  })

  it('notes an event that stands on its topic twice, and nothing else changes', async () => {
    const [user, productId] = [someUser(), await shop.product()]
    const { id } = await shop.order({ user, items: [{ productId, quantity: 1 }] })
    const { waitingFor, state } = await told(id, ...HAPPY)
    const again = (await readAll(system)).filter(
      ({ message }) => String(message.key) === id && String(message.headers?.ce_type) === 'StockDecremented',
    )
    await send(system, again)
    await until('the copy to be noted', async () => (await tell(id)).hops.some(({ copies }) => copies === 1))
    expect(await tell(id)).to.deep.include({ waitingFor, state })
  })

  it('says on its pages that it has still much to hear, until it has', async () => {
    const [user, productId] = [someUser(), await shop.product()]
    const { id } = await shop.order({ user, items: [{ productId, quantity: 1 }] })
    await told(id, ...HAPPY)
    // Only the tracker hears of it.
    const requested = (await readAll(system)).find(
      ({ message }) => String(message.key) === id && String(message.headers?.ce_type) === 'PaymentRequested',
    )!
    const headers = { authorization: `Bearer ${await system.tokenOf('admin', true)}`, 'X-Part': 'main' }
    const page = async (path: string) =>
      (await fetch(`${addressesOf(system.run).tracker}${path}`, { headers })).text()
    const holder = new pg.Client({ connectionString: system.databaseUrl('tracker') })
    await holder.connect()
    try {
      // Who reads may go on; who stores waits.
      await holder.query('BEGIN; LOCK TABLE steps IN SHARE MODE')
      for (let sent = 0; sent < 5001; sent += 500)
        await send(
          system,
          Array.from({ length: Math.min(500, 5001 - sent) }, () => requested),
        )
      await until('the list to say so', async () =>
        /still to hear <b>5,\d{3}<\/b> events/.test(await page('/flows')),
      )
      expect(await page(`/flows/${id}`)).to.include('The tracker has still to hear')
    } finally {
      await holder.end()
    }
    await until('all to be heard', async () => !(await page('/flows')).includes('still to hear'))
    await until('the copies to be noted', async () =>
      (await tell(id)).hops.some(({ copies }) => copies === 5001),
    )
  })

  describe('when a topic was made anew', () => {
    const TABLES = ['reading', 'flows', 'flow_counts', 'logs', 'steps', 'copies']
    const flowId = newId()
    let pool: pg.Pool
    before(async () => {
      const url = system.databaseUrl('tracker')
      const empty = TABLES.map((table) => `CREATE TABLE anew.${table} (LIKE public.${table} INCLUDING ALL)`)
      await system.sql('tracker', `CREATE SCHEMA anew; ${empty.join(';')}`)
      pool = new pg.Pool({ connectionString: url, options: '-c search_path=anew' })
    })
    after(async () => {
      await pool.end()
      await system.sql('tracker', 'DROP SCHEMA anew CASCADE')
    })

    const [created, decremented, requested] = HAPPY.map((type, i): PlacedStep => ({
      flowId,
      id: newId(),
      type,
      service: 'order',
      atMs: i,
      causationId: '',
      traceparent: '',
      data: {},
      dataschema: '',
      topic: 'order.events',
      partition: 0,
      offset: '',
      payload: '{}',
    }))
    /** Stores steps as they stand on the topic from an offset on. */
    const store = async (first: number, ...steps: (PlacedStep | undefined)[]) => {
      const placed = steps.map((step, i) => ({ ...step!, offset: String(first + i) }))
      await storeSteps(pool, await groupOf(pool), placed, topology)
    }
    const places = async () => {
      const { rows } = await pool.query<{ place: string }>(
        `SELECT concat_ws(' ', type, "offset", CASE WHEN resent THEN 'resent' END, CASE WHEN steps.log < logs.log THEN 'gone' END,
                 (SELECT 'copy at ' || c."offset" FROM copies c WHERE c.id = steps.id)) AS place
           FROM steps JOIN logs USING (topic, partition) ORDER BY at`,
      )
      return rows.map(({ place }) => place)
    }

    it('knows that what is sent again is no copy, and that what is not is gone', async () => {
      await store(0, created, decremented, requested)
      await store(1, decremented, requested)
      expect(await places()).to.eql(['OrderCreated 0', 'StockDecremented 1', 'PaymentRequested 2'])
      await store(3, created)
      expect(await places()).to.eql(['OrderCreated 0 copy at 3', 'StockDecremented 1', 'PaymentRequested 2'])
      await store(0, decremented, created)
      const anew = ['OrderCreated 1 resent', 'StockDecremented 0 resent', 'PaymentRequested 2 gone']
      expect(await places()).to.eql(anew)
      await store(0, decremented)
      expect(await places()).to.eql(anew)
      await store(2, decremented)
      expect((await places())[1]).to.equal('StockDecremented 0 resent copy at 2')
    })
  })

  it('is rebuilt from the topics when its tables are empty, to the same rows', async () => {
    await quiet(system)
    const steps = (await readAll(system)).flatMap(
      ({ topic, partition, message }) => readStep(messageOf(topic, partition, message)) ?? [],
    )
    const distinct = new Set(steps.map(({ flowId, id }) => `${flowId} ${id}`)).size
    await until('the tracker to have heard everything', async () => (await sizes())[1] === distinct)
    const before = await rows()
    await system.sql('tracker', 'TRUNCATE flows, steps, copies, reading')
    await system.killAndWait('tracker')
    await until('the tracker to have read everything again', async () => {
      const now = await sizes()
      return now.every((size, i) => size === before[i]!.length)
    })
    expect(await rows()).to.eql(before)
    const counted = 'SELECT state, count::int FROM flow_counts WHERE count > 0 ORDER BY 1'
    const there = 'SELECT state, count(*)::int AS count FROM flows GROUP BY 1 ORDER BY 1'
    expect(await system.sql('tracker', counted)).to.eql(await system.sql('tracker', there))
  })

  it('may be down: orders complete, and explain tells them all the same', async () => {
    system.signal('tracker', 'SIGSTOP')
    try {
      const [user, productId] = [someUser(), await shop.product()]
      const { id, status } = await shop.order({ user, items: [{ productId, quantity: 1 }] })
      expect(status).to.equal('COMPLETED')
      expect(await explain(id)).to.deep.include({ code: 0, state: 'COMPLETED', missing: [] })
    } finally {
      system.signal('tracker', 'SIGCONT')
    }
  })

  it('tells nothing to those who are no admins', async () => {
    const { status } = await system.ask('tracker', '/api/flows', { user: someUser() })
    expect(status).to.equal(403)
  })
})
