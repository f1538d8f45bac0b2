import { newId } from '@chorus/chassis'
import { heard } from '@chorus/chassis/testing'
import { expect } from 'chai'
import {
  COUPON,
  ENDED,
  endings,
  HELD,
  heldIn,
  names,
  NOW,
  OPENED,
  orderCreated,
  useOf,
  walletWith,
} from './coupon.fixtures.js'

const justBefore = (at: Date) => new Date(at.getTime() - 1)

describe('using a coupon', () => {
  it('takes the discount off the order that names it', async () => {
    const wallet = walletWith()
    const order = orderCreated({ subtotal: 2000 })
    const [event] = await wallet.hear(order)
    expect(event).to.deep.include({ type: 'CouponUsed', key: order.key, causationId: order.id })
    expect(event!.data).to.eql({
      orderId: order.key,
      userId: 'u1',
      userCouponId: HELD,
      couponId: COUPON,
      items: [{ productId: COUPON, quantity: 1 }],
      discount: 500,
      payable: 1500,
      currency: 'USD',
      payment: { method: 'CARD' },
    })
    expect([heldIn(wallet)[0]!.uses, useOf(wallet, order.key)]).to.eql([1, 'USED'])
  })

  it('has nothing to do with an order without a coupon', async () => {
    const wallet = walletWith()
    const before = wallet.rows()
    expect(await wallet.hear(orderCreated({ userCouponId: undefined }))).to.eql([])
    expect(wallet.rows()).to.eql(before)
  })

  it('takes a percentage off in any currency', async () => {
    const [event] = await walletWith({ type: 'RATE', value: 15 }).hear(
      orderCreated({ subtotal: 999, currency: 'KRW' }),
    )
    expect(event!.data).to.include({ discount: 149, payable: 850, currency: 'KRW' })
  })

  it('leaves nothing to pay when the coupon is worth more than the order', async () => {
    const [event] = await walletWith().hear(orderCreated({ subtotal: 300 }))
    expect(event!.data).to.include({ discount: 300, payable: 0 })
  })

  for (const [what, terms, wish, at, reason] of [
    ['that nobody holds', {}, { userCouponId: newId() }, NOW, 'COUPON_UNKNOWN'],
    ['of someone else', {}, { userId: 'u2' }, NOW, 'COUPON_NOT_YOURS'],
    ['past its date', {}, {}, ENDED, 'COUPON_EXPIRED'],
    ['that has not begun', {}, {}, justBefore(OPENED), 'COUPON_NOT_YET_VALID'],
    ['of another currency', {}, { currency: 'KRW' }, NOW, 'COUPON_CURRENCY_MISMATCH'],
    ['on too small an order', { minimumAmount: 2001 }, {}, NOW, 'COUPON_MINIMUM_NOT_REACHED'],
  ] as const) {
    it(`refuses a coupon ${what}: ${reason}`, async () => {
      const wallet = walletWith(terms)
      const order = orderCreated(wish)
      const [event] = await wallet.hear(order, at)
      expect(event).to.deep.include({ type: 'CouponRejected' })
      expect(event!.data).to.include({ orderId: order.key, reason })
      expect([heldIn(wallet)[0]!.uses, useOf(wallet, order.key)]).to.eql([0, 'REJECTED'])
      expect(await wallet.hear(order, NOW)).to.eql([])
    })
  }

  for (const [what, terms, at] of [
    ['at the moment it begins', {}, OPENED],
    ['just before it ends', {}, justBefore(ENDED)],
    ['on an order of exactly the minimum', { minimumAmount: 2000 }, NOW],
  ] as const) {
    it(`works ${what}`, async () => {
      expect(names(await walletWith(terms).hear(orderCreated(), at))).to.eql(['CouponUsed'])
    })
  }

  it('refuses a coupon that was swept up as expired: COUPON_EXPIRED', async () => {
    const wallet = walletWith()
    wallet.fold([heard('CouponExpired', { userCouponId: HELD, couponId: COUPON, userId: 'u1' })])
    const [event] = await wallet.hear(orderCreated())
    expect(event!.data).to.include({ reason: 'COUPON_EXPIRED' })
  })

  it('refuses the second order that names it: COUPON_ALREADY_USED', async () => {
    const wallet = walletWith()
    await wallet.hear(orderCreated())
    const [event] = await wallet.hear(orderCreated())
    expect(event!.data).to.include({ reason: 'COUPON_ALREADY_USED' })
    expect(heldIn(wallet)[0]!.uses).to.equal(1)
  })

  it('tells nobody but its holder that a coupon is used', async () => {
    const wallet = walletWith()
    await wallet.hear(orderCreated())
    const [event] = await wallet.hear(orderCreated({ userId: 'u2' }))
    expect(event!.data).to.include({ reason: 'COUPON_NOT_YOURS' })
  })

  it('emits nothing when the order comes again', async () => {
    const wallet = walletWith()
    const order = orderCreated()
    await wallet.hear(order)
    const before = wallet.rows()
    expect(await wallet.hear(order)).to.eql([])
    expect(wallet.rows()).to.eql(before)
  })
})

describe('giving a coupon back', () => {
  for (const [type, ended] of Object.entries(endings)) {
    it(`gives it back once on ${type}`, async () => {
      const wallet = walletWith()
      const order = orderCreated()
      await wallet.hear(order)
      const [event] = await wallet.hear(ended(order.key))
      expect(event).to.deep.include({ type: 'CouponRestored' })
      expect(event!.data).to.eql({ orderId: order.key, userCouponId: HELD, status: 'ISSUED' })
      expect([heldIn(wallet)[0]!.uses, useOf(wallet, order.key)]).to.eql([0, 'RESTORED'])
      for (const again of Object.values(endings)) expect(await wallet.hear(again(order.key))).to.eql([])
      expect(heldIn(wallet)[0]!.uses).to.equal(0)
    })

    it(`has nothing to give back on ${type} when the order used no coupon`, async () => {
      const wallet = walletWith()
      const ending = ended(newId())
      const { userCouponId: _, ...data } = ending.data as { userCouponId: string }
      expect(await wallet.hear({ ...ending, data } as never)).to.eql([])
    })

    it(`gives nothing back on ${type} when the coupon was refused`, async () => {
      const wallet = walletWith()
      const order = orderCreated({ currency: 'KRW' })
      await wallet.hear(order)
      expect(await wallet.hear(ended(order.key))).to.eql([])
      expect(useOf(wallet, order.key)).to.equal('REJECTED')
    })
  }

  it('does not use it again for the order that gave it back', async () => {
    const wallet = walletWith()
    const order = orderCreated()
    await wallet.hear(order)
    await wallet.hear(endings.OrderCancelled(order.key))
    expect(await wallet.hear(order)).to.eql([])
    expect(heldIn(wallet)[0]!.uses).to.equal(0)
  })

  it('leaves alone what the next order took, when the first one ends again', async () => {
    const wallet = walletWith()
    const [first, second] = [orderCreated(), orderCreated()]
    await wallet.hear(first)
    await wallet.hear(endings.PaymentFailed(first.key))
    expect(names(await wallet.hear(second))).to.eql(['CouponUsed'])
    expect(await wallet.hear(endings.OrderFailed(first.key))).to.eql([])
    expect([heldIn(wallet)[0]!.uses, useOf(wallet, second.key)]).to.eql([1, 'USED'])
  })

  it('brings it back expired when its date passed meanwhile', async () => {
    const wallet = walletWith()
    const order = orderCreated()
    await wallet.hear(order)
    const [event] = await wallet.hear(endings.OrderCancelled(order.key), ENDED)
    expect(event!.data).to.include({ status: 'EXPIRED' })
    expect(heldIn(wallet)[0]).to.include({ uses: 0, expired: true })
  })

  it('remembers a cancelled order that never came, and refuses its coupon when it does: ORDER_CLOSED', async () => {
    const wallet = walletWith()
    const order = orderCreated()
    expect(names(await wallet.hear(endings.OrderCancelled(order.key)))).to.eql(['CouponUseTombstoned'])
    expect(await wallet.hear(endings.OrderCancelled(order.key))).to.eql([])
    const [event] = await wallet.hear(order)
    expect(event!.data).to.include({ reason: 'ORDER_CLOSED' })
    expect([heldIn(wallet)[0]!.uses, useOf(wallet, order.key)]).to.eql([0, 'REJECTED'])
    expect(await wallet.hear(order)).to.eql([])
  })

  for (const type of ['StockUnavailable', 'PaymentFailed', 'OrderFailed'] as const) {
    it(`waits on ${type} when the use is not visible yet`, async () => {
      let error: unknown
      await walletWith()
        .hear(endings[type](newId()))
        .catch((e: unknown) => (error = e))
      expect(error).to.match(/premature/)
    })
  }
})
