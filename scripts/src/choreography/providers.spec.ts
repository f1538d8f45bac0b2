import { emits, newId, type Recorded } from '@chorus/chassis'
import { heard, NOW, Rehearsal, type Answer } from '@chorus/chassis/testing'
import { violationsOf } from '@chorus/contracts'
import { expect } from 'chai'
import { describedServices } from '../services.js'
import { World } from './world.fixtures.js'

const LATER = new Date('2027-03-01T12:00:00.000Z')
const idOf = (answer: Answer) => ('view' in answer ? (answer.view as { id: string }).id : '')

/** Orders of every kind, and what admins do, through the real rules of all four services. */
async function everythingHappens(): Promise<Recorded[]> {
  const world = new World()
  const price = { amount: 100, currency: 'USD' }
  const stocked = { name: 'Thing', category: 'things', price, stock: 5 }
  const productId = idOf(await world.command('product', 'createProduct', stocked))
  await world.command('product', 'changePrice', { id: productId, price })
  await world.command('product', 'adjustStock', { id: productId, delta: 5 })
  const days = { validFrom: '2026-01-01T00:00:00Z', validUntil: '2026-12-31T00:00:00Z' }
  const terms = { name: 'Tenth', type: 'RATE', value: 10, total: 9, ...days }
  await world.settle()
  const held = async () => {
    const id = idOf(await world.command('coupon', 'createCoupon', terms))
    return idOf(await world.command('coupon', 'issueCoupon', { id }))
  }
  const place = async (userCouponId: string, quantity = 1, token = 'tok') =>
    idOf(
      await world.command('order', 'placeOrder', {
        items: [{ productId, quantity }],
        userCouponId,
        deliveryAddressId: 'home',
        payment: { method: 'CARD', token },
      }),
    )
  await place(await held())
  await place(newId())
  await place(await held(), 99)
  await place(await held(), 1, 'tok_decline')
  await world.settle()
  await world.command('order', 'cancelOrder', { id: await place(await held()) })
  await world.settle()
  const unused = await held()
  world.passTo(LATER)
  await world.command('coupon', 'expireCoupon', { userCouponId: unused })
  return Object.values(world.outbox).flat()
}

/** What a payment goes through when the gateway is of little help. */
async function paymentsInTrouble(): Promise<Recorded[]> {
  const service = describedServices.find(({ name }) => name === 'payment')!
  const desk = new Rehearsal(service)
  const said: Recorded[] = []
  const rule = (name: string) => service.commands.find((command) => command.name === name)!
  const record = async (name: string, orderId: string, answer: unknown) => {
    const result = await desk.command(rule(name), { orderId, answer })
    if ('events' in result) said.push(...result.events)
  }
  for (const cancelled of ['REFUNDED', 'VOIDED']) {
    const orderId = newId()
    const items = [{ productId: newId(), quantity: 1 }]
    const flow = {
      orderId,
      userId: 'u1',
      items,
      payable: 100,
      currency: 'USD',
      payment: { method: 'CARD' } as const,
    }
    said.push(...(await desk.hear(heard('StockDecremented', flow))))
    await record('recordCharge', orderId, { kind: 'unclear', reason: 'GATEWAY_TIMEOUT' })
    said.push(...(await desk.hear(heard('OrderCancelled', { orderId, userId: 'u1', reason: 'USER' }))))
    await record('recordCancellation', orderId, cancelled)
  }
  return said
}

/** An order that was cancelled before Coupon heard of it: Order's topic keeps them in order, so only a guard. */
const couponNeverUsed = () => {
  const coupon = new Rehearsal(describedServices.find(({ name }) => name === 'coupon')!)
  const order = { orderId: newId(), userId: 'u1', userCouponId: newId(), reason: 'USER' as const }
  return coupon.hear(heard('OrderCancelled', order), NOW)
}

describe('providers', () => {
  let said: Recorded[]
  before(async () => {
    said = [...(await everythingHappens()), ...(await paymentsInTrouble()), ...(await couponNeverUsed())]
  })

  for (const service of describedServices) {
    for (const type of emits(service)) {
      it(`${service.name} really emits ${type}, and keeps to its contract`, () => {
        const emitted = said.filter((event) => event.type === type)
        expect(emitted).to.not.have.length(0)
        for (const { data } of emitted) expect(violationsOf(type, data, 'strict')).to.equal(undefined)
      })
    }
  }
})
