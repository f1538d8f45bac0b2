import { addressesOf } from '@chorus/stack'
import { expect } from 'chai'
import { sharedShop } from './shared.js'
import type { Order, Shop } from './shop.js'
import { someUser, until, type System } from './system.js'

interface Event {
  id: string
  order: Order
}

/** One connection, read event by event. */
class Following {
  readonly events: Event[] = []
  ended = false

  constructor(private readonly response: Response) {
    void this.read().catch(() => {})
  }

  private async read(): Promise<void> {
    let text = ''
    const decoder = new TextDecoder()
    try {
      for await (const bytes of this.response.body!) {
        text += decoder.decode(bytes as Uint8Array, { stream: true })
        const blocks = text.split('\n\n')
        text = blocks.pop()!
        for (const block of blocks) this.take(block)
      }
    } finally {
      this.ended = true
    }
  }

  private take(block: string): void {
    const [, id] = /^id: (.*)$/m.exec(block) ?? []
    const [, data] = /^data: (.*)$/m.exec(block) ?? []
    if (id !== undefined && data !== undefined) this.events.push({ id, order: JSON.parse(data) as Order })
  }
}

describe('the stream of an order', function () {
  this.timeout(60_000)
  let system: System
  let shop: Shop
  before(async function () {
    this.timeout(240_000)
    ;({ system, shop } = await sharedShop())
  })

  async function ask(user: string, id: string, seen?: string): Promise<Response> {
    return fetch(`${addressesOf(system.run).order}/orders/${id}/events`, {
      headers: {
        Authorization: `Bearer ${await system.tokenOf(user, false)}`,
        ...(seen !== undefined && { 'Last-Event-ID': seen }),
      },
    })
  }
  const follow = async (user: string, id: string, seen?: string) => new Following(await ask(user, id, seen))

  /** An order that waits for payment, which is stopped meanwhile. */
  async function whileWaiting(work: (user: string, id: string) => Promise<void>): Promise<void> {
    const [user, productId] = [someUser(), await shop.product()]
    system.signal('payment', 'SIGSTOP')
    try {
      const id = await shop.place({ user, items: [{ productId, quantity: 1 }] })
      await work(user, id)
    } finally {
      system.signal('payment', 'SIGCONT')
    }
  }

  it('shows the whole order whenever it changes, and ends with it', async () => {
    let following!: Following
    await whileWaiting(async (user, id) => {
      following = await follow(user, id)
      await until('the stock to be secured', () => following.events.at(-1)?.id === 'STOCK_SECURED')
      expect(following.ended).to.equal(false)
    })
    await until('the end', () => following.ended)
    const states = following.events.map(({ order }) => order.status)
    expect(states).to.eql([...new Set(states)])
    expect(following.events.at(-1)!.order).to.include({ status: 'COMPLETED', payable: 1000 })
  })

  it('is taken up where it broke off, also at another process; nothing is sent twice', async () => {
    let [user, id] = ['', '']
    let second!: Following
    await whileWaiting(async (...who) => {
      ;[user, id] = who
      const first = await follow(user, id)
      await until('the stock to be secured', () => first.events.at(-1)?.id === 'STOCK_SECURED')
      await system.killAndWait('order')
      await until('the stream to break', () => first.ended)
      await until('order to answer', async () => {
        const answer = await ask(user, id, 'STOCK_SECURED').catch(() => undefined)
        if (answer?.status === 200) second = new Following(answer)
        return answer?.status === 200
      })
    })
    await until('the end', () => second.ended)
    expect(second.events.map(({ id }) => id)).to.eql(['COMPLETED'])
    expect((await ask(user, id, 'COMPLETED')).status).to.equal(204)
  })

  it('is for the owner of the order only', async () => {
    const [user, productId] = [someUser(), await shop.product()]
    const id = await shop.place({ user, items: [{ productId, quantity: 1 }] })
    expect((await ask(someUser(), id)).status).to.equal(404)
    await shop.ended(user, id)
  })

  it('does not hold the service up when it stops', async () => {
    await whileWaiting(async (user, id) => {
      const following = await follow(user, id)
      await until('the first event', () => following.events.length > 0)
      const { pid } = system.run.parts.order!
      system.signal('order', 'SIGTERM')
      await until('order to be started anew', () => system.run.parts.order!.pid !== pid, 5000)
      expect(following.ended).to.equal(true)
    })
  })
})
