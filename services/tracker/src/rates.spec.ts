import { expect } from 'chai'
import { ratesOf, type Counts } from './rates.js'

const counts = (atMs: number, events: bigint, emitted: Record<string, number>): Counts => ({
  atMs,
  ends: new Map([['order.events', new Map([[0, events]])]]),
  emitted: { order: emitted },
})

describe('what a service emits a second', () => {
  it('is not known at the first look', () => {
    expect(ratesOf(undefined, counts(0, 0n, {}), 'order')).to.eql({})
  })

  it('is what came between two looks, a type at a time', () => {
    const before = counts(1000, 10n, { OrderCreated: 4 })
    const now = counts(3000, 15n, { OrderCreated: 9, OrderFailed: 1 })
    expect(ratesOf(before, now, 'order')).to.eql({
      perSecond: 2.5,
      rates: { OrderCreated: 2.5, OrderFailed: 0.5 },
    })
  })

  it('counts from 0 when the process began anew', () => {
    const [before, now] = [counts(0, 0n, { OrderCreated: 100 }), counts(1000, 0n, { OrderCreated: 3 })]
    expect(ratesOf(before, now, 'order').rates).to.eql({ OrderCreated: 3 })
  })

  it('is not known of a service that says nothing', () => {
    const before = { ...counts(0, 0n, {}), emitted: {} }
    expect(ratesOf(before, counts(1000, 0n, { OrderCreated: 3 }), 'order').rates).to.equal(undefined)
  })
})
