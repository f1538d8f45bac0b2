import { newId } from '@chorus/chassis'
import { expect } from 'chai'
import {
  BOOK,
  couponUsed,
  names,
  orderCancelled,
  orderCreated,
  orderFailed,
  paymentFailed,
  PEN,
  reservationsIn,
  shopWith,
  statusOf,
  stockOf,
  UNKNOWN,
} from './product.fixtures.js'

const line = (productId: string, quantity: number) => ({ productId, quantity })

describe('taking stock for an order', () => {
  it('takes every line and tells Payment what is to be paid', async () => {
    const shop = shopWith({ books: 5, pens: 5 })
    const order = orderCreated({ items: [line(BOOK, 2), line(PEN, 1)] })
    const [event] = await shop.hear(order)
    expect(event).to.deep.include({ type: 'StockDecremented', key: order.key, causationId: order.id })
    expect(event!.data).to.eql({
      orderId: order.key,
      userId: 'u1',
      items: [line(BOOK, 2), line(PEN, 1)],
      payable: 300,
      currency: 'USD',
      payment: { method: 'CARD' },
    })
    expect([stockOf(shop, BOOK), stockOf(shop, PEN), statusOf(shop, order.key)]).to.eql([3, 4, 'DECREMENTED'])
  })

  it('waits for the coupon when the order uses one', async () => {
    const shop = shopWith({ books: 5 })
    expect(await shop.hear(orderCreated({ userCouponId: newId() }))).to.eql([])
    expect([stockOf(shop, BOOK), reservationsIn(shop)]).to.eql([5, []])
  })

  it('asks for the price after the coupon, and names the coupon', async () => {
    const shop = shopWith({ books: 5 })
    const userCouponId = newId()
    const [event] = await shop.hear(couponUsed({ userCouponId }))
    expect(event!.data).to.include({ payable: 70, userCouponId })
  })

  it('takes the last piece', async () => {
    const shop = shopWith({ books: 1 })
    expect(names(await shop.hear(orderCreated()))).to.eql(['StockDecremented'])
    expect(stockOf(shop, BOOK)).to.equal(0)
  })

  it('takes no line when one is short', async () => {
    const shop = shopWith({ books: 5, pens: 1 })
    const order = orderCreated({ items: [line(BOOK, 2), line(PEN, 2)] })
    const [event] = await shop.hear(order)
    expect(event!.data).to.deep.include({
      reason: 'STOCK_SHORT',
      missing: [{ productId: PEN, requested: 2, available: 1 }],
    })
    expect([stockOf(shop, BOOK), stockOf(shop, PEN), statusOf(shop, order.key)]).to.eql([5, 1, 'REJECTED'])
  })

  it('names the coupon of an order that it cannot serve, so that it is given back', async () => {
    const userCouponId = newId()
    const [event] = await shopWith().hear(couponUsed({ userCouponId }))
    expect(event).to.have.nested.property('data.userCouponId', userCouponId)
  })

  it('sums the same product on two lines before it looks', async () => {
    const shop = shopWith({ books: 3 })
    const [event] = await shop.hear(orderCreated({ items: [line(BOOK, 2), line(BOOK, 2)] }))
    expect(event!.data).to.deep.include({ missing: [{ productId: BOOK, requested: 4, available: 3 }] })
    await shop.hear(orderCreated({ items: [line(BOOK, 1), line(BOOK, 2)] }))
    expect(stockOf(shop, BOOK)).to.equal(0)
  })

  it('says when there is no such product', async () => {
    const [event] = await shopWith({ books: 1 }).hear(
      orderCreated({ items: [line(BOOK, 1), line(UNKNOWN, 1)] }),
    )
    expect(event!.data).to.deep.include({
      reason: 'PRODUCT_UNKNOWN',
      missing: [{ productId: UNKNOWN, requested: 1, available: 0 }],
    })
  })

  for (const [outcome, books] of [
    ['served', 5],
    ['refused', 0],
  ] as const) {
    it(`emits nothing when an order that was ${outcome} comes again`, async () => {
      const shop = shopWith({ books })
      const order = orderCreated()
      await shop.hear(order)
      const before = shop.rows()
      expect(await shop.hear(order)).to.eql([])
      expect(shop.rows()).to.eql(before)
    })
  }

  it('does not take stock again for an order whose stock came back', async () => {
    const shop = shopWith({ books: 5 })
    const order = orderCreated()
    await shop.hear(order)
    await shop.hear(orderCancelled(order.key))
    expect(await shop.hear(order)).to.eql([])
    expect(stockOf(shop, BOOK)).to.equal(5)
  })
})

describe('giving stock back', () => {
  for (const ended of [paymentFailed, orderFailed, orderCancelled]) {
    it(`gives every line back once on ${ended(newId()).type}`, async () => {
      const shop = shopWith({ books: 5 })
      const order = orderCreated({ items: [line(BOOK, 2), line(BOOK, 1)] })
      await shop.hear(order)
      const [event] = await shop.hear(ended(order.key))
      expect(event).to.deep.include({ type: 'StockRestored' })
      expect(event!.data).to.eql({ orderId: order.key, items: [line(BOOK, 2), line(BOOK, 1)] })
      expect([stockOf(shop, BOOK), statusOf(shop, order.key)]).to.eql([5, 'RESTORED'])
      for (const again of [paymentFailed, orderFailed, orderCancelled]) {
        expect(await shop.hear(again(order.key))).to.eql([])
      }
      expect(stockOf(shop, BOOK)).to.equal(5)
    })

    it(`gives nothing back on ${ended(newId()).type} when nothing was taken`, async () => {
      const shop = shopWith({ books: 0 })
      const order = orderCreated()
      await shop.hear(order)
      expect(await shop.hear(ended(order.key))).to.eql([])
      expect([stockOf(shop, BOOK), statusOf(shop, order.key)]).to.eql([0, 'REJECTED'])
    })
  }

  it('remembers a cancelled order that never came, and refuses its demand when it does', async () => {
    const shop = shopWith({ books: 5 })
    const demand = couponUsed()
    expect(names(await shop.hear(orderCancelled(demand.key)))).to.eql(['StockReservationTombstoned'])
    expect(statusOf(shop, demand.key)).to.equal('TOMBSTONED')
    const [refusal] = await shop.hear(demand)
    expect(refusal!.data).to.deep.include({ reason: 'ORDER_CLOSED', missing: [] })
    expect([stockOf(shop, BOOK), statusOf(shop, demand.key)]).to.eql([5, 'REJECTED'])
    expect(await shop.hear(demand)).to.eql([])
    expect(await shop.hear(orderCancelled(demand.key))).to.eql([])
  })

  it('buries an order once', async () => {
    const shop = shopWith()
    const cancelled = orderCancelled(newId())
    await shop.hear(cancelled)
    expect(await shop.hear(cancelled)).to.eql([])
  })

  it('waits when a payment failed whose reservation is not visible yet', async () => {
    let error: unknown
    await shopWith()
      .hear(paymentFailed(newId()))
      .catch((e: unknown) => (error = e))
    expect(error).to.match(/premature: PaymentFailed/)
  })

  it('has nothing to do for an order that failed before it came here', async () => {
    const shop = shopWith()
    expect(await shop.hear(orderFailed(newId()))).to.eql([])
    expect(reservationsIn(shop)).to.eql([])
  })
})
