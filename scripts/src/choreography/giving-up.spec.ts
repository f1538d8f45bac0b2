import { expect } from 'chai'
import { checkAtRest } from './laws.fixtures.js'
import type { Luck } from './gateway.fixtures.js'
import { World } from './world.fixtures.js'

const PRICE = 1000

/** One order, whose every request to the gateway fares as it is told to. */
class Story extends World {
  async begin(): Promise<void> {
    const price = { amount: PRICE, currency: 'USD' }
    const product = { name: 'Thing', category: 'things', price, stock: 1 }
    const made = (await this.command('product', 'createProduct', product)) as { view: { id: string } }
    await this.settle()
    const items = [{ productId: made.view.id, quantity: 1 }]
    const payment = { method: 'CARD' }
    await this.command('order', 'placeOrder', { items, deliveryAddressId: 'home', payment })
  }

  /** Waits for the next request to the gateway and decides its luck. */
  async next(luck: Luck): Promise<void> {
    const { requests } = this.gateway
    await this.settle(() => requests.length > 0)
    expect(requests, 'requests on their way').to.have.length(1)
    await this.step(async (luck) => requests.shift()!(luck), luck)
  }

  /** All happens but what is late. */
  rest = () => this.settle(() => this.gateway.late.length === this.options().length)

  /** The oldest request that nobody waits for any more arrives. */
  arrive = () => this.step(async () => this.gateway.late.shift()!())

  get paymentId(): string {
    return String(this.services.payment.rows().payments![0]!.id)
  }

  get booked(): string | undefined {
    return this.gateway.books.get(this.paymentId)?.status
  }
}

/** A charge and the cancellation of the payment it was for: both were given up, and both are still on their way. */
async function bothOnTheirWay(): Promise<Story> {
  const story = new Story()
  await story.begin()
  await story.next('late')
  await story.next('fine')
  await story.next('late')
  expect([story.gateway.late.length, story.booked]).to.eql([2, undefined])
  return story
}

describe('a payment that is given up while its charge and its cancellation are on their way', () => {
  it('does not complete its order with the money that the old cancellation gives back', async () => {
    const story = await bothOnTheirWay()
    await story.arrive()
    expect(story.booked).to.equal('CAPTURED')
    await story.next('fine')
    await story.rest()
    await story.arrive()
    expect(story.booked).to.equal('REFUNDED')
    await story.settle()
    checkAtRest(story)
    expect(story.services.order.rows().orders![0]).to.include({ status: 'FAILED' })
  })

  it('fails its order when the old cancellation comes before the gateway is asked again', async () => {
    const story = await bothOnTheirWay()
    await story.arrive()
    await story.arrive()
    expect(story.booked).to.equal('REFUNDED')
    await story.settle()
    checkAtRest(story)
    expect(story.services.order.rows().orders![0]).to.include({ status: 'FAILED' })
  })

  it('is not charged when its charge comes last', async () => {
    const story = await bothOnTheirWay()
    await story.next('fine')
    await story.settle()
    expect(story.booked).to.equal('VOIDED')
    checkAtRest(story)
  })
})
