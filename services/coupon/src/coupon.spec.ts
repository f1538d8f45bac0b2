import { newId, type Recorded } from '@chorus/chassis'
import { Rehearsal, type Answer } from '@chorus/chassis/testing'
import { expect } from 'chai'
import { createCoupon, expireCoupon, issueCoupon, type NewCoupon } from './coupon.js'
import {
  COUPON,
  couponCreated,
  couponsIn,
  ENDED,
  endings,
  ENDS,
  HELD,
  heldIn,
  names,
  NOW,
  OPENED,
  OPENS,
  orderCreated,
  walletWith,
} from './coupon.fixtures.js'
import { coupon } from './service.js'

const eventsOf = (answer: Answer): Recorded[] => ('events' in answer ? answer.events : [])
const spring: NewCoupon = {
  name: 'Spring',
  type: 'FIXED',
  value: 500,
  currency: 'USD',
  total: 2,
  validFrom: OPENS,
  validUntil: ENDS,
}
const { currency: _, ...bare } = spring

/** The service with one coupon of which nobody has taken one. */
const counter = (total = 2) => {
  const wallet = new Rehearsal(coupon)
  wallet.fold([couponCreated({ total })])
  return wallet
}
const issue = (wallet: Rehearsal, userId: string, at = NOW) =>
  wallet.command(issueCoupon, { id: COUPON }, { userId, at })
const expire = (wallet: Rehearsal, at: Date) =>
  wallet.command(expireCoupon, { userCouponId: HELD }, { at }).then(eventsOf)

describe('a coupon template', () => {
  it('is created with its terms, in UTC', async () => {
    const wallet = new Rehearsal(coupon)
    const answer = await wallet.command(createCoupon, { ...spring, validFrom: '2026-03-01T09:00:00+09:00' })
    const [row] = couponsIn(wallet)
    expect(answer)
      .to.have.property('view')
      .eql({ ...spring, id: row!.id, issued: 0 })
    expect(names(eventsOf(answer))).to.eql(['CouponCreated'])
  })

  it('keeps its minimum and its maximum', async () => {
    const terms = { minimumAmount: 1000, maximumDiscount: 300 }
    const answer = await new Rehearsal(coupon).command(createCoupon, { ...spring, ...terms })
    expect(answer).to.have.property('view').include(terms)
  })

  it('needs no currency when it is a percentage', async () => {
    const answer = await new Rehearsal(coupon).command(createCoupon, { ...bare, type: 'RATE', value: 100 })
    expect(answer).to.have.property('view').not.have.property('currency')
  })

  for (const [what, body] of [
    ['ends when it begins', { ...spring, validUntil: OPENS }],
    ['takes off more than everything', { ...spring, type: 'RATE', value: 101 }],
    ['is an amount without a currency', bare],
    ['has a minimum without a currency', { ...bare, type: 'RATE', value: 5, minimumAmount: 1 }],
    ['has a maximum without a currency', { ...bare, type: 'RATE', value: 5, maximumDiscount: 1 }],
  ] as const) {
    it(`is refused when it ${what}`, async () => {
      const wallet = new Rehearsal(coupon)
      expect(await wallet.command(createCoupon, body)).to.include({ refused: 'BODY_INVALID' })
      expect(couponsIn(wallet)).to.eql([])
    })
  }
})

describe('taking a coupon, first come, first served', () => {
  it('gives each user one and numbers them', async () => {
    const wallet = counter()
    const answers = [await issue(wallet, 'u1'), await issue(wallet, 'u2')]
    expect(answers.flatMap(eventsOf).map(({ data }) => data)).to.containSubset([
      { userId: 'u1', sequence: 1, couponId: COUPON, validUntil: ENDS },
      { userId: 'u2', sequence: 2 },
    ])
    expect(answers[0]).to.have.property('view').include({ status: 'ISSUED', couponId: COUPON })
    expect([couponsIn(wallet)[0]!.issued, heldIn(wallet).length]).to.eql([2, 2])
  })

  it('is over when all are taken', async () => {
    const wallet = counter(1)
    await issue(wallet, 'u1')
    expect(await issue(wallet, 'u2')).to.include({ refused: 'COUPON_SOLD_OUT' })
    expect([couponsIn(wallet)[0]!.issued, heldIn(wallet).length]).to.eql([1, 1])
  })

  it('tells who has one already, even when all are taken', async () => {
    const wallet = counter(1)
    await issue(wallet, 'u1')
    expect(await issue(wallet, 'u1')).to.include({ refused: 'COUPON_ALREADY_ISSUED' })
    expect(couponsIn(wallet)[0]!.issued).to.equal(1)
  })

  it('begins and ends with the coupon', async () => {
    const wallet = counter(3)
    const refused = { refused: 'COUPON_NOT_ISSUABLE' }
    expect(await issue(wallet, 'u1', new Date(OPENED.getTime() - 1))).to.include(refused)
    expect(await issue(wallet, 'u1', ENDED)).to.include(refused)
    expect(await issue(wallet, 'u1', OPENED)).to.have.property('view')
    expect(await issue(wallet, 'u2', new Date(ENDED.getTime() - 1))).to.have.property('view')
  })

  it('knows no coupon that was never created', async () => {
    expect(await counter().command(issueCoupon, { id: newId() })).to.include({ refused: 'NOT_FOUND' })
  })
})

describe('the expiry of a held coupon', () => {
  it('comes with its date, once', async () => {
    const wallet = walletWith()
    expect(await expire(wallet, new Date(ENDED.getTime() - 1))).to.eql([])
    expect(names(await expire(wallet, ENDED))).to.eql(['CouponExpired'])
    expect(heldIn(wallet)[0]!.expired).to.equal(true)
    expect(await expire(wallet, ENDED)).to.eql([])
  })

  it('waits while an order uses it', async () => {
    const wallet = walletWith()
    const order = orderCreated()
    await wallet.hear(order)
    expect(await expire(wallet, ENDED)).to.eql([])
    await wallet.hear(endings.OrderFailed(order.key), ENDED)
    expect(await expire(wallet, ENDED)).to.eql([])
    expect(heldIn(wallet)[0]).to.include({ uses: 0, expired: true, version: 1 })
  })

  it('is nothing for a coupon that nobody holds', async () => {
    expect(await expire(new Rehearsal(coupon), ENDED)).to.eql([])
  })
})
