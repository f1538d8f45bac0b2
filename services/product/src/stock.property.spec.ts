import type { Recorded } from '@chorus/chassis'
import { Rehearsal } from '@chorus/chassis/testing'
import { expect } from 'chai'
import fc from 'fast-check'
import { adjustStock } from './catalogue.js'
import {
  BOOK,
  couponUsed,
  mixed,
  orderCancelled,
  orderCreated,
  orderFailed,
  paymentFailed,
  PEN,
  productCreated,
  productsIn,
  reservationsIn,
} from './product.fixtures.js'
import { product } from './service.js'

const orderIds = Array.from({ length: 5 }, () => orderCreated().key)
const items = fc.array(
  fc.record({ productId: fc.constantFrom(BOOK, PEN), quantity: fc.integer({ min: 1, max: 4 }) }),
  { minLength: 1, maxLength: 3 },
)
const orderId = fc.constantFrom(...orderIds)
const step = fc.oneof(
  fc.record({ kind: fc.constantFrom('plain' as const, 'coupon' as const), orderId, items }),
  fc.record({ kind: fc.constantFrom('payment' as const, 'failed' as const, 'cancelled' as const), orderId }),
  fc.record({
    kind: fc.constant('adjust' as const),
    id: fc.constantFrom(BOOK, PEN),
    delta: fc.integer({ min: -6, max: 6 }),
  }),
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** Anything that may reach the service, in an order that the other services need not keep to. */
const story = fc.record({
  stock: fc.record({ [BOOK]: fc.nat(8), [PEN]: fc.nat(8) }),
  steps: fc.array(step, { maxLength: 25, size: 'max' }),
})

async function take(shop: Rehearsal, step: Step): Promise<Recorded[]> {
  if (step.kind === 'adjust') {
    const answer = await shop.command(adjustStock, { id: step.id, delta: step.delta })
    return 'events' in answer ? answer.events : []
  }
  if (step.kind === 'plain') return shop.hear(orderCreated(step))
  if (step.kind === 'coupon') return shop.hear(couponUsed(step))
  if (step.kind === 'failed') return shop.hear(orderFailed(step.orderId))
  if (step.kind === 'cancelled') return shop.hear(orderCancelled(step.orderId))
  return shop.hear(paymentFailed(step.orderId)).catch((error: Error) => {
    expect(error.message).to.match(/^premature/)
    return []
  })
}

const heldOf = (shop: Rehearsal, id: string) =>
  reservationsIn(shop)
    .filter(({ status }) => status === 'DECREMENTED')
    .flatMap(({ items }) => items)
    .reduce((sum, { productId, quantity }) => (productId === id ? sum + quantity : sum), 0)

/** Plays a story. @returns the service, its own events, and what `stock` should add up to for each product */
async function play(
  { stock, steps }: { stock: Record<string, number>; steps: Step[] },
  look: (shop: Rehearsal, owned: Record<string, number>) => void = () => {},
) {
  const shop = new Rehearsal(product)
  const owned = { ...stock }
  const events = Object.entries(stock).map(([id, pieces]) => productCreated(id, pieces))
  shop.fold(events)
  for (const step of steps) {
    const emitted = await take(shop, step)
    for (const { type, data } of emitted) if (type === 'StockAdjusted') owned[data.productId]! += data.delta
    events.push(...emitted)
    look(shop, owned)
  }
  return { shop, events }
}

describe('stock, whatever happens', function () {
  this.timeout(20_000)

  it('is never negative, and what is there and what is held is what was put in', () =>
    fc.assert(
      fc.asyncProperty(story, async (story) => {
        await play(story, (shop, owned) => {
          for (const { id, stock } of productsIn(shop)) {
            expect(stock).to.be.at.least(0)
            expect(stock + heldOf(shop, id)).to.equal(owned[id])
          }
        })
      }),
      { numRuns: 300 },
    ))

  it('is as before once a demand is given back', () =>
    fc.assert(
      fc.asyncProperty(story, items, async (story, items) => {
        const { shop } = await play(story)
        const stock = () => productsIn(shop).map(({ stock }) => stock)
        const before = stock()
        const demand = orderCreated({ items })
        await shop.hear(demand)
        await shop.hear(paymentFailed(demand.key))
        expect(stock()).to.eql(before)
      }),
      { numRuns: 100 },
    ))

  it('comes to the same rows from its events, however those of different keys are mixed', () =>
    fc.assert(
      fc.asyncProperty(story, fc.array(fc.nat(), { maxLength: 60, size: 'max' }), async (story, picks) => {
        const { shop, events } = await play(story)
        const rebuilt = new Rehearsal(product)
        rebuilt.fold(mixed(events, picks))
        expect(rebuilt.rows()).to.eql(shop.rows())
      }),
      { numRuns: 300 },
    ))
})
