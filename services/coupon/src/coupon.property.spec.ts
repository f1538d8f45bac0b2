import { newId, type Recorded } from '@chorus/chassis'
import { Rehearsal } from '@chorus/chassis/testing'
import { expect } from 'chai'
import fc from 'fast-check'
import { expireCoupon, issueCoupon } from './coupon.js'
import {
  COUPON,
  couponCreated,
  couponsIn,
  ENDED,
  endings,
  heldIn,
  mixed,
  NOW,
  orderCreated,
  usesIn,
} from './coupon.fixtures.js'
import { coupon } from './service.js'

const orderIds = Array.from({ length: 3 }, () => newId())
const user = fc.constantFrom<string>('u1', 'u2')
const orderId = fc.constantFrom(...orderIds)
const step = fc.oneof(
  fc.record({ kind: fc.constant('issue' as const), user }),
  fc.record({ kind: fc.constant('order' as const), user, orderId }),
  fc.record({ kind: fc.constantFrom(...Object.values(endings)), user, orderId }),
  fc.record({ kind: fc.constant('expire' as const), user }),
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never
const story = fc.record({
  total: fc.integer({ min: 1, max: 3 }),
  steps: fc.array(step, { maxLength: 30, size: 'max' }),
  /** The step before which the coupon's date passes. */
  ends: fc.nat(30),
})
type Story = typeof story extends fc.Arbitrary<infer S> ? S : never

const ofUser = (wallet: Rehearsal, user: string) =>
  heldIn(wallet).find(({ user_id }) => user_id === user)?.id ?? COUPON

async function take(wallet: Rehearsal, step: Step, at: Date): Promise<Recorded[]> {
  const userCouponId = ofUser(wallet, step.user)
  if (step.kind === 'order')
    return wallet.hear(orderCreated({ ...step, userId: step.user, userCouponId }), at)
  if (typeof step.kind === 'function') {
    // An order that ends names the coupon that it was placed with.
    const used = usesIn(wallet).find(({ order_id }) => order_id === step.orderId)?.user_coupon_id
    return wallet.hear(step.kind(step.orderId, used ?? userCouponId), at).catch((error: Error) => {
      expect(error.message).to.match(/^premature/)
      return []
    })
  }
  const answer =
    step.kind === 'issue'
      ? await wallet.command(issueCoupon, { id: COUPON }, { userId: step.user, at })
      : await wallet.command(expireCoupon, { userCouponId }, { at })
  return 'events' in answer ? answer.events : []
}

async function play({ total, steps, ends }: Story, look: (wallet: Rehearsal) => void = () => {}) {
  const wallet = new Rehearsal(coupon)
  const events = [couponCreated({ total })]
  wallet.fold(events)
  for (const [i, step] of steps.entries()) {
    events.push(...(await take(wallet, step, i < ends ? NOW : ENDED)))
    look(wallet)
  }
  return { wallet, events }
}

describe('coupons, whatever happens', function () {
  this.timeout(20_000)

  it('are never issued above their total, never twice to a user, and never used by two orders', () =>
    fc.assert(
      fc.asyncProperty(story, async (story) => {
        await play(story, (wallet) => {
          const held = heldIn(wallet)
          expect(couponsIn(wallet)[0]!.issued).to.equal(held.length).and.to.be.at.most(story.total)
          expect(new Set(held.map(({ user_id }) => user_id)).size).to.equal(held.length)
          for (const { id, uses } of held) {
            const using = usesIn(wallet).filter((u) => u.user_coupon_id === id && u.status === 'USED')
            expect(using.length).to.equal(uses).and.to.be.at.most(1)
          }
        })
      }),
      { numRuns: 300 },
    ))

  it('are as before once an order that used one gives it back', () =>
    fc.assert(
      fc.asyncProperty(story, user, async (story, user) => {
        const { wallet } = await play({ ...story, ends: Infinity })
        const before = heldIn(wallet)
        const order = orderCreated({ userId: user, userCouponId: ofUser(wallet, user) })
        await wallet.hear(order)
        await wallet.hear(endings.PaymentFailed(order.key, ofUser(wallet, user)))
        expect(heldIn(wallet)).to.eql(before)
      }),
      { numRuns: 100 },
    ))

  it('come to the same rows from their events, however those of different keys are mixed', () =>
    fc.assert(
      fc.asyncProperty(story, fc.array(fc.nat(), { maxLength: 60, size: 'max' }), async (story, picks) => {
        const { wallet, events } = await play(story)
        const rebuilt = new Rehearsal(coupon)
        rebuilt.fold(mixed(events, picks))
        expect(rebuilt.rows()).to.eql(wallet.rows())
      }),
      { numRuns: 500 },
    ))

  it('come to the same rows when one was used, given back and used by another order', async () => {
    const wallet = new Rehearsal(coupon)
    const events = [couponCreated()]
    wallet.fold(events)
    const [first, second] = orderIds as [string, string]
    const step = { user: 'u1', orderId: first }
    events.push(...(await take(wallet, { kind: 'issue', user: 'u1' }, NOW)))
    events.push(...(await take(wallet, { kind: 'order', ...step }, NOW)))
    events.push(...(await take(wallet, { kind: endings.OrderCancelled, ...step }, NOW)))
    events.push(...(await take(wallet, { kind: 'order', user: 'u1', orderId: second }, NOW)))
    const [created, issued, used, restored, usedAgain] = events as [
      Recorded,
      Recorded,
      Recorded,
      Recorded,
      Recorded,
    ]
    for (const order of [
      [usedAgain, used, restored, issued, created],
      [used, usedAgain, created, restored, issued],
      [created, issued, used, usedAgain, restored],
    ]) {
      const rebuilt = new Rehearsal(coupon)
      rebuilt.fold(order)
      expect(rebuilt.rows()).to.eql(wallet.rows())
    }
  })
})
