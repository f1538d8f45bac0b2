import { readFileSync } from 'node:fs'
import { newId } from '@chorus/chassis'
import { contracts } from '@chorus/contracts'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { expect } from 'chai'
import { Kafka, type CloudEventV1 } from 'cloudevents'
import { sharedShop } from './shared.js'
import type { Shop } from './shop.js'
import { someUser, until, type System } from './system.js'
import { readAll } from './topics.js'

const golden = new URL('../../../contracts/examples/order/order-created.v1/plain.json', import.meta.url)

interface Golden {
  headers: Record<string, string>
  data: Record<string, unknown>
}

describe('contracts on the real topics', function () {
  this.timeout(60_000)
  let system: System
  let shop: Shop
  before(async function () {
    this.timeout(240_000)
    ;({ system, shop } = await sharedShop())
  })

  /** Writes an order as the order service did before OrderCreated had a second version: rows and outbox at once. */
  async function placeAsBefore(user: string, productId: string, userCouponId: string): Promise<string> {
    const { headers, data } = JSON.parse(readFileSync(golden, 'utf8')) as Golden
    const orderId = newId()
    const items = [{ productId, quantity: 2, unitPrice: 1000 }]
    const deadlineAt = new Date(Date.now() + 300_000).toISOString()
    const created = {
      ...data,
      orderId,
      userId: user,
      items,
      subtotal: 2000,
      currency: 'USD',
      userCouponId,
      deadlineAt,
    }
    await system.sql(
      'order',
      `WITH placed AS (
         INSERT INTO orders (id, user_id, status, items, subtotal, discount, payable, currency, user_coupon_id,
                             delivery_address_id, payment_method, deadline_at, version, created_at, updated_at)
         VALUES ($1::uuid, $2, 'PENDING', $3, 2000, 0, 2000, 'USD', $4, 'home', 'CARD', $5, 1, now(), now())
       )
       INSERT INTO outbox (id, aggregatetype, aggregateid, type, source, subject, time, dataschema, correlationid,
                           causationid, aggregateversion, traceparent, payload)
       VALUES ($6::uuid, 'order', $1::text, 'OrderCreated', $7, $1::text, $8, $9, $1::text, $6::text, '1', $10, $11)`,
      [
        orderId,
        user,
        JSON.stringify(items),
        userCouponId,
        deadlineAt,
        newId(),
        headers.ce_source,
        new Date().toISOString(),
        headers.ce_dataschema,
        headers.traceparent,
        JSON.stringify(created),
      ],
    )
    return orderId
  }

  async function sold(currency: string) {
    const { body } = await system.ask('tally', '/sales')
    return (body.items as { currency: string; orders: number }[]).find((total) => total.currency === currency)
  }

  it('carry a first version of an event through the whole system: every consumer lifts it', async () => {
    const [user, productId] = [someUser(), await shop.product({ stock: 5 })]
    const orderId = await placeAsBefore(user, productId, await shop.heldCoupon(user))
    const order = await shop.ended(user, orderId)
    expect(order).to.include({ status: 'COMPLETED', subtotal: 2000, discount: 200, payable: 1800 })
    expect(await shop.stockOf(productId)).to.equal(3)
  })

  it('carry the newest version for new orders', async () => {
    const [user, productId] = [someUser(), await shop.product()]
    const { id } = await shop.order({ user, items: [{ productId, quantity: 1 }] })
    const rows = await system.sql<{ dataschema: string }>(
      'order',
      `SELECT dataschema FROM outbox WHERE type = 'OrderCreated' AND aggregateid = $1`,
      [id],
    )
    expect(rows).to.deep.equal([{ dataschema: 'urn:chorus:event:OrderCreated:2' }])
  })

  it('are readable for a client that knows CloudEvents and the published schemas, and nothing of ours', async () => {
    const ajv = new Ajv2020({ strict: false })
    formats.default(ajv)
    for (const { schema } of contracts) ajv.addSchema(schema)
    const messages = await readAll(system)
    expect(messages.length).to.be.greaterThan(10)
    for (const { message } of messages) {
      const headers = Object.fromEntries(
        Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
      )
      const sent = {
        key: String(message.key),
        value: String(message.value),
        headers,
        body: String(message.value),
      }
      const event = Kafka.toEvent<Record<string, unknown>>(sent) as CloudEventV1<Record<string, unknown>>
      expect(event.specversion).to.equal('1.0')
      const validate = ajv.getSchema(String(event.dataschema))
      expect(
        validate?.(event.data),
        `${event.type} ${event.id}: ${ajv.errorsText(validate?.errors)}`,
      ).to.equal(true)
    }
  })

  it('let a service that was added by the guide take part', async () => {
    const [user, productId] = [someUser(), await shop.product({ currency: 'SEK', amount: 500 })]
    await shop.order({ user, items: [{ productId, quantity: 3 }] })
    await shop.order({ user, items: [{ productId, quantity: 4 }] })
    await until('the tally to hear of both', async () => (await sold('SEK'))?.orders === 2)
    expect(await sold('SEK')).to.deep.equal({ currency: 'SEK', orders: 2, pieces: 7, payable: 3500 })
  })
})
