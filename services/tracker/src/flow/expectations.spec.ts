import { topology } from '@chorus/contracts'
import { expect } from 'chai'
import { expectationsOf, stateOf } from './expectations.js'

const at = (type: string, atMs: number, data: Record<string, unknown> = {}) => ({
  id: `${type} ${atMs}`,
  type,
  atMs,
  data: { orderId: 'o', ...data },
})
const DEADLINE = '2026-03-01T12:05:00.000Z'
const created = (data = {}) => at('OrderCreated', 1000, { deadlineAt: DEADLINE, ...data })

/** Who owes what, since when; without the end of the order, for which there is time. */
const waits = (...steps: ReturnType<typeof at>[]) =>
  expectationsOf(steps, topology)
    .filter(({ sinceMs }) => sinceMs !== Date.parse(DEADLINE))
    .map(({ service, owes, sinceMs }) => [service, owes, sinceMs])

describe('what must still follow', () => {
  it('depends on what the order has: its coupon first, or the stock at once', () => {
    expect(waits(created({ userCouponId: 'c' }))).to.eql([['coupon', ['CouponUsed', 'CouponRejected'], 1000]])
    expect(waits(created())).to.eql([['product', ['StockDecremented', 'StockUnavailable'], 1000]])
  })

  it('moves on with each event, in whatever order they are told', () => {
    const steps = [at('PaymentRequested', 1400), at('StockDecremented', 1200), created()]
    const owes = ['PaymentCompleted', 'PaymentRefunded', 'PaymentCancelled', 'PaymentFailed']
    expect(waits(...steps)).to.eql([['payment', owes, 1400]])
  })

  it('is every compensation that a failure calls for, at the same time', () => {
    const flow = { userCouponId: 'c' }
    const steps = [created(flow), at('CouponUsed', 1100), at('StockDecremented', 1200, flow)]
    const failed = [...steps, at('PaymentRequested', 1300), at('PaymentFailed', 1500, flow)]
    expect(waits(...failed)).to.eql([
      ['order', ['OrderFailed', 'OrderCancelled'], 1500],
      ['coupon', ['CouponRestored'], 1500],
      ['product', ['StockRestored'], 1500],
    ])
  })

  it('says the narrowest of several duties of one service', () => {
    const steps = [created(), at('StockDecremented', 1200), at('PaymentRequested', 1300)]
    const cancelled = [...steps, at('OrderCancelled', 1500), at('PaymentRefundRequested', 1600)]
    expect(waits(...cancelled)).to.eql([
      ['product', ['StockRestored', 'StockUnavailable', 'StockReservationTombstoned'], 1500],
      ['payment', ['PaymentRefunded', 'PaymentCancelled', 'PaymentFailed'], 1600],
    ])
  })

  it('is the end of the order from its deadline on, and nothing once all is done', () => {
    const [end] = expectationsOf([created(), at('StockDecremented', 1200)], topology).slice(-1)
    expect(end).to.include({ service: 'order', sinceMs: Date.parse(DEADLINE) })
    const steps = ['StockDecremented', 'PaymentRequested', 'PaymentCompleted', 'OrderCompleted']
    const all = [created(), ...steps.map((type, i) => at(type, 1100 + i))]
    expect([expectationsOf(all, topology), stateOf(all, topology)]).to.eql([[], 'COMPLETED'])
  })

  it('is awaited from the event on where its moment cannot be read', () => {
    for (const deadlineAt of [undefined, 'soon', {}]) {
      const all = expectationsOf([created({ deadlineAt })], topology)
      expect(all.find(({ service }) => service === 'order')?.sinceMs).to.equal(1000)
    }
  })

  it('goes on after the end where something must be given back', () => {
    const paying = [created(), at('StockDecremented', 1200), at('PaymentRequested', 1250)]
    const steps = [...paying, at('PaymentFailed', 1300), at('OrderFailed', 1350)]
    expect(waits(...steps)).to.eql([['product', ['StockRestored'], 1300]])
    expect(stateOf(steps, topology)).to.equal('FAILED')
  })
})
