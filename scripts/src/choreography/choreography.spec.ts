import type { Recorded } from '@chorus/chassis'
import { Rehearsal } from '@chorus/chassis/testing'
import { coupon } from '@chorus/coupon'
import { order } from '@chorus/order'
import { payment } from '@chorus/payment'
import { product } from '@chorus/product'
import { expect } from 'chai'
import fc from 'fast-check'
import { DECLINED_TOKEN, FickleGateway, type Luck } from './gateway.fixtures.js'
import { checkAlways, checkAtRest, checkWatched } from './laws.fixtures.js'
import { World } from './world.fixtures.js'

const PRICES = [1000, 2500]

/** The coupons that the one user holds: something off, everything off, something off for half a minute. */
const COUPONS = [
  { name: 'Some', type: 'FIXED', value: 700, currency: 'USD', validUntil: '2026-04-01T00:00:00Z' },
  { name: 'All', type: 'RATE', value: 100, validUntil: '2026-04-01T00:00:00Z' },
  { name: 'Soon over', type: 'FIXED', value: 300, currency: 'USD', validUntil: '2026-03-01T12:00:30Z' },
]

const wish = fc.record({
  items: fc.array(fc.record({ product: fc.nat(1), quantity: fc.integer({ min: 1, max: 3 }) }), {
    minLength: 1,
    maxLength: 3,
  }),
  coupon: fc.option(fc.nat(COUPONS.length - 1), { nil: undefined, freq: 2 }),
  declined: fc.constantFrom(false, false, true),
})

const step = fc.record({
  kind: fc.constantFrom(
    ...Array<'go'>(30).fill('go'),
    'again',
    'again',
    'again',
    'cancel',
    'expire',
    'crash',
  ),
  n: fc.nat(1000),
  luck: fc.constantFrom<Luck>('fine', 'fine', 'answer-lost', 'lost', 'late'),
})

const schedule = fc.record({
  stock: fc.tuple(fc.nat(14), fc.nat(14)),
  wishes: fc.array(wish, { minLength: 1, maxLength: 4 }),
  steps: fc.array(step, { maxLength: 120, size: 'max' }),
})

/** One order, and a gateway whose every request may be lost or late. */
const storm = fc.record({
  stock: fc.constant<[number, number]>([9, 9]),
  wishes: fc.tuple(
    fc.record({
      items: fc.constant([{ product: 0, quantity: 1 }] as { product: number; quantity: number }[]),
      coupon: fc.constant(undefined),
      declined: fc.constant(false),
    }),
  ),
  steps: fc.array(
    fc.record({
      kind: fc.constantFrom(...Array<'go'>(40).fill('go'), 'crash', 'crash', 'cancel'),
      n: fc.nat(1000),
      luck: fc.constantFrom<Luck>('fine', 'answer-lost', 'lost', 'late'),
    }),
    { maxLength: 60, size: 'max' },
  ),
})
type Schedule = typeof schedule extends fc.Arbitrary<infer S> ? S : never

const idOf = async (answer: ReturnType<World['command']>) =>
  ((await answer) as { view: { id: string } }).view.id

/** A shop with products and coupons, in which nothing was ordered yet. */
async function open({ stock }: Schedule) {
  const initial = new Map<string, number>()
  const world = new World((world) => {
    checkAlways(world, initial)
    checkWatched(world)
  })
  for (const [i, amount] of PRICES.entries()) {
    const price = { amount, currency: 'USD' }
    const body = { name: `Product ${i}`, category: 'things', price, stock: stock[i]! }
    initial.set(await idOf(world.command('product', 'createProduct', body)), stock[i]!)
  }
  const held: string[] = []
  for (const terms of COUPONS) {
    const body = { ...terms, total: 1, validFrom: '2026-03-01T00:00:00Z' }
    const id = await idOf(world.command('coupon', 'createCoupon', body))
    held.push(await idOf(world.command('coupon', 'issueCoupon', { id })))
  }
  await world.settle()
  return { world, products: [...initial.keys()], held }
}

async function play(schedule: Schedule): Promise<World> {
  const { world, products, held } = await open(schedule)
  const wishes = [...schedule.wishes]
  const placed: string[] = []
  const place = async () => {
    const { items, coupon, declined } = wishes.shift()!
    const body = {
      items: items.map(({ product, quantity }) => ({ productId: products[product], quantity })),
      ...(coupon !== undefined && { userCouponId: held[coupon] }),
      deliveryAddressId: 'home',
      payment: { method: 'CARD', ...(declined && { token: DECLINED_TOKEN }) },
    }
    placed.push(await idOf(world.command('order', 'placeOrder', body)))
  }
  for (const { kind, n, luck } of schedule.steps) {
    const id = placed[n % Math.max(1, placed.length)]
    if (kind === 'again') await world.repeat(n)
    if (kind === 'crash') world.crash()
    if (kind === 'cancel' && id) await world.command('order', 'cancelOrder', { id })
    if (kind === 'expire' && id) {
      const row = world.services.order.rows().orders!.find((row) => row.id === id)!
      if (n % 2) world.passTo(row.deadline_at as Date)
      await world.command('order', 'expireOrder', { id })
    }
    if (kind === 'go') {
      const options = [...(wishes.length > 0 ? [place] : []), ...world.options()]
      const option = options[n % Math.max(1, options.length)]
      if (option) await world.step(option, luck)
    }
  }
  while (wishes.length > 0) await place()
  await world.settle()
  return world
}

/** The same events in another order that keeps the order within each key. */
function mixed(events: readonly Recorded[], picks: readonly number[]): Recorded[] {
  const queues = [...new Set(events.map(({ key }) => key))].map((k) => events.filter(({ key }) => key === k))
  return events.map((_, i) => {
    const waiting = queues.filter((queue) => queue.length > 0)
    return waiting[(picks[i] ?? 0) % waiting.length]!.shift()!
  })
}

describe('the choreography of an order, in any order of deliveries', function () {
  this.timeout(60_000)

  it('comes to rest with every service and the gateway of one mind, and nothing missing; until then it is known who has to act', () =>
    fc.assert(
      fc.asyncProperty(schedule, async (schedule) => checkAtRest(await play(schedule))),
      { numRuns: Number(process.env.SCHEDULES ?? 400) },
    ))

  it('keeps the money right when every request to the gateway may be lost or late', () =>
    fc.assert(
      fc.asyncProperty(storm, async (schedule) => checkAtRest(await play(schedule))),
      { numRuns: Number(process.env.SCHEDULES ?? 400) },
    ))

  it('leaves events from which each service comes to the same rows, however keys are mixed', () =>
    fc.assert(
      fc.asyncProperty(
        schedule,
        fc.array(fc.nat(), { maxLength: 100, size: 'max' }),
        async (schedule, picks) => {
          const { services, outbox } = await play(schedule)
          for (const [name, service] of [
            ['order', order({ deadlineSeconds: 1 })],
            ['coupon', coupon],
            ['product', product],
            ['payment', payment(new FickleGateway())],
          ] as const) {
            const rebuilt = new Rehearsal(service)
            rebuilt.fold(mixed(outbox[name], picks))
            // The price replica is made of others' events.
            const { prices: _, ...own } = services[name].rows()
            const { prices: __, ...again } = rebuilt.rows()
            expect(again, name).to.eql(own)
          }
        },
      ),
      { numRuns: 150 },
    ))
})
