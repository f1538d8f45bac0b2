import { newId, type Recorded } from '@chorus/chassis'
import type { Answer } from '@chorus/chassis/testing'
import { expect } from 'chai'
import { cancelOrder, expireOrder, type NewOrder } from './order.js'
import {
  after,
  BOOK,
  DEADLINE_SECONDS,
  HELD,
  names,
  NOW,
  orderCreated,
  orderDesk,
  ordersIn,
  PEN,
  place,
  priceChanged,
  productCreated,
  told,
} from './order.fixtures.js'

const eventsOf = (answer: Answer): Recorded[] => ('events' in answer ? answer.events : [])
const line = (productId: string, quantity: number) => ({ productId, quantity })
const wish = (body: Partial<NewOrder> = {}): NewOrder => ({
  items: [line(BOOK, 2), line(PEN, 1)],
  deliveryAddressId: 'home',
  payment: { method: 'CARD', token: 'tok_1' },
  ...body,
})

/** A desk that knows the prices of books (1000 USD) and pens. */
async function openDesk(penCurrency = 'USD') {
  const desk = orderDesk()
  await desk.hear(productCreated(BOOK, 1000))
  await desk.hear(productCreated(PEN, 150, penCurrency))
  return desk
}

/** A desk with one open order of user u1. */
const placed = () => {
  const desk = orderDesk()
  const created = orderCreated()
  desk.fold([created])
  return { desk, id: created.key }
}

describe('placing an order', () => {
  it('takes the prices that Order knows, and sets a deadline', async () => {
    const desk = await openDesk()
    const answer = await desk.command(place, wish({ userCouponId: HELD }), { userId: 'u1', at: NOW })
    const [event] = eventsOf(answer)
    const { id } = ordersIn(desk)[0]!
    expect(event).to.deep.include({ type: 'OrderCreated', key: id, correlationId: id, time: NOW })
    expect(event!.data).to.eql({
      orderId: id,
      userId: 'u1',
      items: [
        { ...line(BOOK, 2), unitPrice: 1000 },
        { ...line(PEN, 1), unitPrice: 150 },
      ],
      subtotal: { amount: 2150, currency: 'USD' },
      userCouponId: HELD,
      deliveryAddressId: 'home',
      payment: { method: 'CARD', token: 'tok_1' },
      deadlineAt: after(DEADLINE_SECONDS).toISOString(),
    })
  })

  it('shows the order to its owner, without the token', async () => {
    const answer = await (await openDesk()).command(place, wish(), { at: NOW })
    expect(answer)
      .to.have.property('view')
      .include({ status: 'PENDING', subtotal: 2150, discount: 0, payable: 2150 })
    expect(answer).to.have.nested.property('view.payment').eql({ method: 'CARD' })
    expect(answer).not.to.have.nested.property('view.userCouponId')
  })

  it('keeps the same product on two lines', async () => {
    const answer = await (await openDesk()).command(place, wish({ items: [line(BOOK, 1), line(BOOK, 2)] }))
    expect(answer).to.have.property('view').include({ subtotal: 3000 })
  })

  it('takes the new price after a change, and leaves orders as they were placed', async () => {
    const desk = await openDesk()
    const one = { items: [line(BOOK, 1)] }
    await desk.command(place, wish(one))
    await desk.hear(priceChanged(BOOK, 1200, 2))
    await desk.command(place, wish(one))
    expect(ordersIn(desk).map(({ subtotal }) => subtotal)).to.have.members([1000, 1200])
  })

  it('names the same order when the command is repeated, and another for another command', async () => {
    const id = newId()
    const [one, two] = [await openDesk(), await openDesk()]
    await one.command(place, wish(), { id })
    await two.command(place, wish(), { id })
    await two.command(place, wish())
    const ids = [...ordersIn(one), ...ordersIn(two)].map((row) => row.id)
    expect(new Set(ids)).to.have.lengthOf(2)
  })

  for (const [what, body, currency, refused] of [
    [
      'a product that Order does not know',
      wish({ items: [line(BOOK, 1), line(newId(), 1)] }),
      'USD',
      'PRODUCT_UNKNOWN',
    ],
    ['products of two currencies', wish(), 'KRW', 'CURRENCIES_MIXED'],
  ] as const) {
    it(`refuses ${what}: ${refused}`, async () => {
      const desk = await openDesk(currency)
      expect(await desk.command(place, body)).to.include({ refused })
      expect(ordersIn(desk)).to.eql([])
    })
  }
})

describe('cancelling an order', () => {
  const mine = { userId: 'u1', at: after(1) }

  for (const steps of [[], ['couponUsed'], ['stockDecremented']] as const) {
    it(`ends it and names its coupon${steps.map((s) => `, after ${s}`).join('')}`, async () => {
      const { desk, id } = placed()
      for (const step of steps) await desk.hear(told[step](id))
      const answer = await desk.command(cancelOrder, { id }, mine)
      expect(eventsOf(answer)[0]!.data).to.eql({
        orderId: id,
        userId: 'u1',
        reason: 'USER',
        userCouponId: HELD,
      })
      expect(answer)
        .to.have.property('view')
        .deep.include({ status: 'CANCELLED', cancellation: { reason: 'USER' }, discount: 0, payable: 2000 })
    })
  }

  it('is done once, and answered again', async () => {
    const { desk, id } = placed()
    await desk.command(cancelOrder, { id }, mine)
    const again = await desk.command(cancelOrder, { id }, mine)
    expect(eventsOf(again)).to.eql([])
    expect(again).to.have.property('view').include({ status: 'CANCELLED' })
  })

  for (const end of ['paymentCompleted', 'paymentFailed'] as const) {
    it(`is refused after ${end}: ORDER_NOT_OPEN`, async () => {
      const { desk, id } = placed()
      await desk.hear(told[end](id))
      expect(await desk.command(cancelOrder, { id }, mine)).to.include({ refused: 'ORDER_NOT_OPEN' })
    })
  }

  it('does not tell others that the order exists: NOT_FOUND', async () => {
    const { desk, id } = placed()
    const refused = { refused: 'NOT_FOUND' }
    expect(await desk.command(cancelOrder, { id }, { userId: 'u2', admin: true })).to.include(refused)
    expect(await desk.command(cancelOrder, { id: newId() }, mine)).to.include(refused)
  })
})

describe('the deadline of an order', () => {
  it('ends an order that is still open when it passes, and not before', async () => {
    const desk = orderDesk()
    const created = orderCreated()
    const body = { id: created.key }
    desk.fold([created])
    expect(eventsOf(await desk.command(expireOrder, body, { at: after(DEADLINE_SECONDS - 1) }))).to.eql([])
    const answer = await desk.command(expireOrder, body, { at: after(DEADLINE_SECONDS) })
    expect(eventsOf(answer)[0]!.data).to.include({ reason: 'EXPIRED', userCouponId: HELD })
    expect(eventsOf(await desk.command(expireOrder, body, { at: after(DEADLINE_SECONDS) }))).to.eql([])
  })

  it('means nothing to an order that has ended, or to none', async () => {
    const desk = orderDesk()
    const created = orderCreated()
    desk.fold([created])
    await desk.hear(told.paymentCompleted(created.key))
    for (const id of [created.key, newId()]) {
      const answer = await desk.command(expireOrder, { id }, { at: after(DEADLINE_SECONDS + 1) })
      expect(names(eventsOf(answer))).to.eql([])
    }
  })
})
