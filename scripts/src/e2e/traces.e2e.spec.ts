import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import type { OtlpReceiver, ToldSpan } from './otlp-receiver.js'
import { sharedShop, sharedTraces } from './shared.js'
import type { Shop } from './shop.js'
import { someUser, until, type System } from './system.js'

const FOUR = ['order', 'coupon', 'product', 'payment']
const TYPE = 'cloudevents.event_type'

/** A trace that a client began. */
function clientTrace() {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')]
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-01` }
}

/** What a span tells, in a word or two. */
const tale = ({ service, name, attributes }: ToldSpan) =>
  attributes[TYPE] === undefined
    ? `${service}: ${name}`
    : `${service}: ${name.split(' ')[0]} ${attributes[TYPE]}`

describe('the traces', function () {
  this.timeout(60_000)
  let system: System
  let shop: Shop
  let receiver: OtlpReceiver
  let items: { productId: string; quantity: number }[]
  let orderId: string
  const user = someUser()
  const [asked, unasked] = [clientTrace(), clientTrace()]
  before(async function () {
    this.timeout(240_000)
    ;({ system, shop } = await sharedShop())
    receiver = await sharedTraces()
    items = [{ productId: await shop.product(), quantity: 1 }]
    await shop.order({ user, items, traceparent: unasked.traceparent.replace(/01$/, '00') })
    const userCouponId = await shop.heldCoupon(user)
    orderId = (await shop.order({ user, items, userCouponId, traceparent: asked.traceparent })).id
  })

  /** From a span back to the request, once all of it was told. */
  async function wayTo(traceId: string, told: string): Promise<string[]> {
    let way: ToldSpan[] = []
    const follow = () => {
      const spans = receiver.spansOf(traceId)
      way = []
      for (let at = spans.find((span) => tale(span) === told); at;) {
        way.push(at)
        at = spans.find(({ id }) => id === way.at(-1)!.parentId)
      }
      return way.at(-1)?.kind === 'SERVER'
    }
    await until(`the way to ${told}`, follow)
    return way.map(tale)
  }

  const consumption = (action: 'pause' | 'resume') =>
    system.ask('payment', `/admin/consumption/${action}`, { user: 'spec', admin: true, body: {} })

  const charged = [
    'payment: recordCharge',
    'payment: charge',
    'payment: create PaymentRequested',
    'payment: process StockDecremented',
    'product: create StockDecremented',
    'product: process CouponUsed',
    'coupon: create CouponUsed',
    'coupon: process OrderCreated',
    'order: create OrderCreated',
    'order: placeOrder',
    'order: POST /orders',
  ]

  it('hold an order from its request to the last consumer, across all four services', async () => {
    const { traceId, spanId } = asked
    expect(await wayTo(traceId, 'order: create OrderCompleted')).to.deep.equal([
      'order: create OrderCompleted',
      'order: process PaymentCompleted',
      'payment: create PaymentCompleted',
      ...charged,
    ])
    await wayTo(traceId, 'order: process StockDecremented')
    const spans = receiver.spansOf(traceId)
    expect(spans.map(({ service }) => service)).to.include.members(FOUR)
    const request = spans.find(({ kind }) => kind === 'SERVER')!
    expect(request).to.deep.include({ parentId: spanId, service: 'order' })
    expect(request.attributes).to.include({ 'http.route': '/orders', 'http.response.status_code': '202' })
    for (const { parentId, kind, attributes } of spans.filter(({ kind }) => kind === 'CONSUMER')) {
      const producer = spans.find((span) => span.id === parentId)!
      expect([kind, producer.kind]).to.deep.equal(['CONSUMER', 'PRODUCER'])
      expect(attributes['messaging.message.id']).to.equal(producer.attributes['messaging.message.id'])
    }
    await until('the tracker to know the flow', async () => {
      const { status, body } = await system.ask('tracker', `/api/flows/${orderId}`, { user, admin: true })
      return status === 200 && body.traceId === traceId
    })
  })

  it('say of each message what the conventions for messaging ask for', async () => {
    const { traceId } = asked
    await wayTo(traceId, 'payment: recordCharge')
    const spans = receiver.spansOf(traceId)
    const said = spans.find((span) => tale(span) === 'payment: process StockDecremented')!
    expect(said).to.include({ name: 'process product.events', kind: 'CONSUMER' })
    expect(said.attributes).to.include({
      'messaging.system': 'kafka',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'product.events',
      'messaging.consumer.group.name': 'payment',
      'messaging.kafka.message.key': orderId,
      'messaging.message.conversation_id': orderId,
      'chorus.outcome': 'done',
    })
    expect(Number(said.attributes['chorus.batch.inputs'])).to.be.at.least(1)
    const emitted = spans.find((span) => tale(span) === 'payment: create PaymentRequested')!
    expect(emitted).to.include({ name: 'create payment.events', kind: 'PRODUCER' })
    expect(spans.find(({ name }) => name === 'charge')).to.include({ kind: 'CLIENT', service: 'payment' })
  })

  it('hold what a declined payment undoes', async () => {
    const { traceId, traceparent } = clientTrace()
    const userCouponId = await shop.heldCoupon(user)
    await shop.order({ user, items, userCouponId, token: 'tok_decline', traceparent })
    const undone = [
      ['product', 'StockRestored'],
      ['coupon', 'CouponRestored'],
      ['order', 'OrderFailed'],
    ]
    for (const [service, type] of undone)
      expect(await wayTo(traceId, `${service}: create ${type}`)).to.deep.equal([
        `${service}: create ${type}`,
        `${service}: process PaymentFailed`,
        'payment: create PaymentFailed',
        ...charged,
      ])
  })

  it('hold the end of an order by its deadline, and what that undoes', async () => {
    const { traceId, traceparent } = clientTrace()
    await consumption('pause')
    try {
      const id = await shop.place({ user, items, traceparent })
      await wayTo(traceId, 'product: create StockDecremented')
      await system.sql('order', 'UPDATE orders SET deadline_at = now() WHERE id = $1', [id])
      expect(await wayTo(traceId, 'product: create StockRestored')).to.deep.equal([
        'product: create StockRestored',
        'product: process OrderCancelled',
        'order: create OrderCancelled',
        'order: expireOrder',
        'order: create OrderCreated',
        'order: placeOrder',
        'order: POST /orders',
      ])
    } finally {
      await consumption('resume')
    }
  })

  it('are told only when they are asked for', async () => {
    await wayTo(asked.traceId, 'order: create OrderCompleted')
    expect(receiver.traceIds()).to.include(asked.traceId).and.not.include(unasked.traceId)
  })
})
