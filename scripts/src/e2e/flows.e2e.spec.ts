import { expect } from 'chai'
import { sharedShop } from './shared.js'
import type { Shop } from './shop.js'
import { someUser, until, type System } from './system.js'

describe('an order through four services', function () {
  this.timeout(60_000)
  let system: System
  let shop: Shop
  before(async function () {
    this.timeout(240_000)
    ;({ system, shop } = await sharedShop())
  })

  it('completes without a coupon: stock is taken, the money is captured once', async () => {
    const [user, productId] = [someUser(), await shop.product({ stock: 5, amount: 1200 })]
    const order = await shop.order({ user, items: [{ productId, quantity: 2 }] })
    expect(order).to.include({
      status: 'COMPLETED',
      subtotal: 2400,
      discount: 0,
      payable: 2400,
      currency: 'USD',
    })
    expect(await shop.stockOf(productId)).to.equal(3)
    const [payment] = await shop.payments(user, order.id)
    expect(payment).to.include({ status: 'COMPLETED', amount: 2400 })
    expect((await system.bookings()).get(payment!.id)).to.include({ status: 'CAPTURED', amount: 2400 })
  })

  it('completes with a coupon, which is used then', async () => {
    const [user, productId] = [someUser(), await shop.product({ amount: 1999 })]
    const userCouponId = await shop.heldCoupon(user)
    const order = await shop.order({ user, items: [{ productId, quantity: 1 }], userCouponId })
    expect(order).to.include({ status: 'COMPLETED', subtotal: 1999, discount: 199, payable: 1800 })
    expect(await shop.couponStatus(user, userCouponId)).to.equal('USED')
  })

  it('completes without the gateway when the coupon pays everything', async () => {
    const [user, productId] = [someUser(), await shop.product({ amount: 500 })]
    const userCouponId = await shop.heldCoupon(user, { type: 'FIXED', value: 5000, currency: 'USD' })
    const order = await shop.order({ user, items: [{ productId, quantity: 1 }], userCouponId })
    expect(order).to.include({ status: 'COMPLETED', discount: 500, payable: 0 })
    const [payment] = await shop.payments(user, order.id)
    expect((await system.bookings()).has(payment!.id)).to.equal(false)
  })

  it('fails when the coupon is someone else’s, used or expired, and consumes nothing', async () => {
    const [owner, user, productId] = [someUser(), someUser(), await shop.product({ stock: 50 })]
    const theirs = await shop.heldCoupon(owner)
    const used = await shop.heldCoupon(user)
    const late = await shop.heldCoupon(user)
    await shop.order({ user, items: [{ productId, quantity: 1 }], userCouponId: used })
    await system.sql('coupon', `UPDATE user_coupons SET valid_until = now() - interval '1 s' WHERE id = $1`, [
      late,
    ])
    const reasons = { [theirs]: 'COUPON_NOT_YOURS', [used]: 'COUPON_ALREADY_USED', [late]: 'COUPON_EXPIRED' }
    const stock = await shop.stockOf(productId)
    for (const [userCouponId, reason] of Object.entries(reasons)) {
      const order = await shop.order({ user, items: [{ productId, quantity: 1 }], userCouponId })
      expect(order).to.deep.include({ status: 'FAILED', failure: { step: 'COUPON', reason } })
    }
    expect(await shop.stockOf(productId)).to.equal(stock)
    expect(await shop.couponStatus(owner, theirs)).to.equal('ISSUED')
  })

  it('fails when the stock is short: the coupon comes back', async () => {
    const [user, productId] = [someUser(), await shop.product({ stock: 1 })]
    const userCouponId = await shop.heldCoupon(user)
    const order = await shop.order({ user, items: [{ productId, quantity: 2 }], userCouponId })
    expect(order).to.deep.include({ status: 'FAILED', failure: { step: 'STOCK', reason: 'STOCK_SHORT' } })
    await until(
      'the coupon to come back',
      async () => (await shop.couponStatus(user, userCouponId)) === 'ISSUED',
    )
    expect(await shop.stockOf(productId)).to.equal(1)
  })

  it('fails when the payment is declined: stock and coupon come back', async () => {
    const [user, productId] = [someUser(), await shop.product({ stock: 3 })]
    const userCouponId = await shop.heldCoupon(user)
    const items = [{ productId, quantity: 3 }]
    const order = await shop.order({ user, items, userCouponId, token: 'tok_decline' })
    expect(order).to.deep.include({
      status: 'FAILED',
      failure: { step: 'PAYMENT', reason: 'INSUFFICIENT_FUNDS' },
    })
    await until('the stock to come back', async () => (await shop.stockOf(productId)) === 3)
    await until(
      'the coupon to come back',
      async () => (await shop.couponStatus(user, userCouponId)) === 'ISSUED',
    )
  })

  it('undoes everything when the user cancels while the gateway is slow, and gives the money back', async () => {
    const [user, productId] = [someUser(), await shop.product({ stock: 3 })]
    await system.gatewayFault('timeout-after')
    const id = await shop.place({ user, items: [{ productId, quantity: 3 }] })
    await until('the payment to be requested', async () => (await shop.payments(user, id)).length === 1)
    const { status, body } = await system.ask('order', `/orders/${id}/cancel`, { method: 'POST', user })
    await system.gatewayFault('none')
    expect([status, body.status]).to.deep.equal([200, 'CANCELLED'])
    await until('the payment to end', async () => {
      const [payment] = await shop.payments(user, id)
      return payment!.status === 'REFUNDED' || payment!.status === 'CANCELLED'
    })
    await until('the stock to come back', async () => (await shop.stockOf(productId)) === 3)
    const [payment] = await shop.payments(user, id)
    expect((await system.bookings()).get(payment!.id)?.status).to.be.oneOf(['REFUNDED', 'VOIDED'])
    expect((await shop.read(user, id)).status).to.equal('CANCELLED')
  })

  it('asks the gateway after a time-out and never charges twice', async () => {
    const [user, productId] = [someUser(), await shop.product()]
    await system.gatewayFault('timeout-after')
    const id = await shop.place({ user, items: [{ productId, quantity: 1 }] })
    const order = await shop.ended(user, id)
    await system.gatewayFault('none')
    expect(order.status).to.equal('COMPLETED')
    const { body } = await system.ask('gateway', '/ledger')
    const [payment] = await shop.payments(user, id)
    expect((body.entries as { key: string }[]).filter(({ key }) => key === payment!.id)).to.have.length(1)
  })

  it('gives a payment up that the gateway never heard of, after making sure that it never will', async () => {
    const [user, productId] = [someUser(), await shop.product({ stock: 2 })]
    await system.gatewayFault('timeout-before')
    const id = await shop.place({ user, items: [{ productId, quantity: 2 }] })
    const order = await shop.ended(user, id)
    await system.gatewayFault('none')
    expect(order).to.deep.include({
      status: 'FAILED',
      failure: { step: 'PAYMENT', reason: 'GATEWAY_UNCONFIRMED' },
    })
    const [payment] = await shop.payments(user, id)
    expect((await system.bookings()).get(payment!.id)?.status).to.equal('VOIDED')
    await until('the stock to come back', async () => (await shop.stockOf(productId)) === 2)
  })

  it('is cancelled at its deadline while payment is out, and undone when payment is back', async () => {
    const [user, productId] = [someUser(), await shop.product({ stock: 2 })]
    system.signal('payment', 'SIGSTOP')
    let id: string
    try {
      id = await shop.place({ user, items: [{ productId, quantity: 2 }] })
      await until('the stock to be taken', async () => (await shop.stockOf(productId)) === 0)
      await system.sql('order', 'UPDATE orders SET deadline_at = now() WHERE id = $1', [id])
      const order = await shop.ended(user, id)
      expect(order).to.deep.include({ status: 'CANCELLED', cancellation: { reason: 'EXPIRED' } })
    } finally {
      system.signal('payment', 'SIGCONT')
    }
    await until('the stock to come back', async () => (await shop.stockOf(productId)) === 2)
    await until('the payment to end', async () => {
      const rows = await system.sql<{ status: string }>(
        'payment',
        'SELECT status FROM payments WHERE order_id = $1',
        [id],
      )
      return rows.some(({ status }) => ['CANCELLED', 'REFUNDED'].includes(status))
    })
  })

  it('leaves a tombstone when the cancellation overtakes the reservation', async () => {
    const [user, productId] = [someUser(), await shop.product({ stock: 2 })]
    const userCouponId = await shop.heldCoupon(user)
    const reservation = (id: string) =>
      system.sql<{ status: string }>('product', 'SELECT status FROM reservations WHERE order_id = $1', [id])
    system.signal('coupon', 'SIGSTOP')
    let id: string
    try {
      id = await shop.place({ user, items: [{ productId, quantity: 2 }], userCouponId })
      await system.ask('order', `/orders/${id}/cancel`, { method: 'POST', user })
      await until('the tombstone', async () => (await reservation(id))[0]?.status === 'TOMBSTONED')
    } finally {
      system.signal('coupon', 'SIGCONT')
    }
    await until(
      'the late demand to be refused',
      async () => (await reservation(id))[0]?.status === 'REJECTED',
    )
    await until(
      'the coupon to come back',
      async () => (await shop.couponStatus(user, userCouponId)) === 'ISSUED',
    )
    expect(await shop.stockOf(productId)).to.equal(2)
    expect((await shop.read(user, id)).status).to.equal('CANCELLED')
  })

  it('repeats its first answer for a repeated Idempotency-Key, from the order as it is now', async () => {
    const [user, productId] = [someUser(), await shop.product({ stock: 9 })]
    const wanted = { user, items: [{ productId, quantity: 1 }] }
    const [first, second] = await Promise.all([
      shop.post(wanted, 'the-same-key'),
      shop.post(wanted, 'the-same-key'),
    ])
    expect([first.status, second.status]).to.deep.equal([202, 202])
    expect(first.body.id).to.equal(second.body.id)
    expect(first.headers.get('location')).to.equal(`/orders/${String(first.body.id)}`)
    await shop.ended(user, first.body.id as string)
    const third = await shop.post(wanted, 'the-same-key')
    expect(third.body).to.include({ id: first.body.id, status: 'COMPLETED' })
    expect(await shop.stockOf(productId)).to.equal(8)
  })

  it('issues coupons to the first who come, one a user, never more than there are', async () => {
    const couponId = await shop.coupon({ total: 10 })
    const users = Array.from({ length: 25 }, someUser)
    const issue = (user: string) =>
      system.ask('coupon', `/coupons/${couponId}/issue`, { method: 'POST', user })
    const answers = await Promise.all([...users, ...users].map(issue))
    const codes = answers.map(({ status, body }) => (status === 201 ? 'ISSUED' : String(body.code)))
    expect(codes.filter((code) => code === 'ISSUED')).to.have.length(10)
    expect(new Set(codes)).to.deep.equal(new Set(['ISSUED', 'COUPON_SOLD_OUT', 'COUPON_ALREADY_ISSUED']))
    const [counts] = await system.sql('coupon', 'SELECT issued FROM coupons WHERE id = $1', [couponId])
    expect(counts).to.deep.equal({ issued: 10 })
  })
})
