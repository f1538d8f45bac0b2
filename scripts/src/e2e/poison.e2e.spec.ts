import { newId } from '@chorus/chassis'
import { expect } from 'chai'
import { lettersOf } from '../letter-commands/letters.js'
import { sharedShop } from './shared.js'
import type { Shop } from './shop.js'
import { chorus, someUser, until, type System } from './system.js'
import { quiet, readAll, send, type Sent } from './topics.js'

/** Named to run after the specs that hold everything on the topics against its contract. */
describe('what is no valid event', function () {
  this.timeout(120_000)
  let system: System
  let shop: Shop
  before(async function () {
    this.timeout(240_000)
    ;({ system, shop } = await sharedShop())
  })

  it('is set aside and parks its key, while everything else flows on', async () => {
    const [user, productId, other] = [someUser(), await shop.product(), await shop.product()]
    const [key, { id }] = [newId(), await shop.order({ user, items: [{ productId: other, quantity: 1 }] })]
    const { message: real } = (await readAll(system)).find(
      ({ topic, message }) => topic === 'order.events' && String(message.key) === id,
    )!
    const data = JSON.parse(String(real.value)) as Record<string, unknown>
    const message = (value: string | null, headers: object): Sent => ({
      topic: 'order.events',
      message: {
        key: Buffer.from(key),
        value: value === null ? null : Buffer.from(value),
        headers: { ...real.headers, ...headers },
      },
    })
    const fresh = () => ({ ce_id: newId(), ce_subject: key, ce_correlationid: key })
    const behind = {
      ...data,
      orderId: key,
      userCouponId: undefined,
      items: [{ productId, quantity: 1, unitPrice: 1000 }],
    }
    await send(system, [
      message('{"broken', fresh()),
      message(JSON.stringify({ ...behind, items: 'none' }), fresh()),
      message(null, fresh()),
      message('\0\xff', { ce_id: 'a\0b' }),
      { topic: 'order.events', message: { key: null, value: Buffer.from('hello') } },
      message(JSON.stringify(behind), fresh()),
    ])
    const letters = () =>
      system.sql<{ state: string; reason: string; key: string }>(
        'product',
        `SELECT state, reason, key FROM dead_letters WHERE topic = 'order.events' ORDER BY partition = 0, first_at, "offset"`,
      )
    await until('all six to be set aside', async () => (await letters()).length === 6)
    const counts = (await letters()).map(({ state, reason }) => `${state} ${reason}`).sort()
    expect(counts).to.deep.equal([
      'DEAD DATA_INVALID',
      'DEAD NOT_AN_EVENT',
      'DEAD NOT_AN_EVENT',
      'DEAD NOT_AN_EVENT',
      'DEAD NOT_AN_EVENT',
      'WAITING KEY_PARKED',
    ])
    expect(await shop.stockOf(productId)).to.equal(100)
    expect((await shop.order({ user, items: [{ productId: other, quantity: 1 }] })).status).to.equal(
      'COMPLETED',
    )
    const details = await system.sql<{ detail: string }>('product', 'SELECT detail FROM dead_letters')
    for (const { detail } of details) expect(detail).to.not.contain('broken')
    await quiet(system)
    for (const service of system.run.services) await giveUpAll(service)
  })

  it('is passed over once it was dropped, but no other message is', async () => {
    const letters = async () => {
      const rows = await system.sql<{ payload: Buffer }>('product', 'SELECT payload FROM dead_letters')
      return rows.map(({ payload }) => String(payload))
    }
    const again = async () => {
      const replay = ['replay', 'run', 'product', '--topic', 'order.events', '--from', '0']
      const { code, output } = await chorus([...replay, '--home', system.home])
      expect(code, output).to.equal(0)
      return output
    }
    const dropped = (await readAll(system)).filter(
      ({ message: { key, value } }) => key === null || value === null || String(value) === '{"broken',
    )
    expect(dropped).to.have.length(3)
    expect(await again()).to.contain('Done: 0 events were handled.')
    expect(await letters(), 'at their places').to.deep.equal([])

    await send(system, dropped)
    await until('the one without an id to be set aside', async () => (await letters()).length > 0)
    await quiet(system)
    expect(await letters(), 'at other places').to.deep.equal(['hello'])
    for (const service of system.run.services) await giveUpAll(service)

    const another = 'UPDATE dropped_letters SET payload = $2 WHERE payload = $1'
    await system.sql('product', another, [Buffer.from('{"broken'), Buffer.from('another')])
    await again()
    expect(await letters(), 'when another was dropped at its place').to.deep.equal(['{"broken', '{"broken'])
    await giveUpAll('product')
  })

  /** What waits goes first: it would be handled once nothing is before it. */
  async function giveUpAll(service: string): Promise<void> {
    const letters = await lettersOf(system.run, service)
    const { items } = (await letters.find({}, 100))[0]!
    for (const { topic, partition, offset } of items.toSorted((a, b) => b.state.localeCompare(a.state)))
      await letters.drop({ topic, partition, offset }, 'a spec has sent it')
    expect(await system.sql(service, 'SELECT FROM dead_letters')).to.deep.equal([])
  }
})
