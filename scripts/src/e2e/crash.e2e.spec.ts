import { setTimeout as wait } from 'node:timers/promises'
import { newId } from '@chorus/chassis'
import { expect } from 'chai'
import { auditAddresses } from '../audit/addresses.js'
import { audit } from '../audit/audit.js'
import { sharedShop } from './shared.js'
import type { Shop } from './shop.js'
import { someUser, until, type System } from './system.js'
import { quiet } from './topics.js'

const ORDERS = 1000
const AT_A_TIME = 25
/** Each twice, spread over the run. */
const KILLED = ['order', 'coupon', 'product', 'payment', 'connect']
const END_MS = 60_000

describe('crashes', function () {
  this.timeout(400_000)
  let system: System
  let shop: Shop
  before(async function () {
    this.timeout(240_000)
    ;({ system, shop } = await sharedShop())
  })

  /** 30 of 100 are meant to fail: 10 each at the coupon, the stock and the payment. */
  async function wishes(user: string): Promise<(i: number) => Parameters<Shop['post']>[0]> {
    const [plenty, short] = [await shop.product({ stock: 100_000 }), await shop.product({ stock: 0 })]
    const coupons: string[] = []
    for (let i = 0; i < ORDERS / 10; i++) coupons.push(await shop.heldCoupon(user))
    const some = [{ productId: plenty, quantity: 2 }]
    return (i) => {
      const userCouponId = coupons[Math.floor(i / 10)]!
      switch (i % 10) {
        case 0:
          return { user, items: some, userCouponId: newId() }
        case 1:
          return { user, items: [{ productId: short, quantity: 1 }] }
        case 2:
          return { user, items: some, token: 'tok_decline' }
        case 3:
          return { user, items: some, userCouponId }
        default:
          return { user, items: some }
      }
    }
  }

  /** Sends an order until it is acknowledged, always with the same key: what a client does that got no answer. */
  async function placeAtLast(wanted: Parameters<Shop['post']>[0]): Promise<string> {
    const key = newId()
    for (;;) {
      const answer = await shop.post(wanted, key).catch(() => undefined)
      if (answer?.status === 202) return answer.body.id as string
      if (answer && answer.status !== 503) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`)
      await wait(50)
    }
  }

  it('lose no event whose work was under way: its offset moves only after the commit', async () => {
    const [user, productId] = [someUser(), await shop.product({ stock: 1 })]
    const release = await system.lock('product', 'inbox')
    const id = await shop.place({ user, items: [{ productId, quantity: 1 }] })
    await until('Product to wait for the lock', async () => {
      const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = 'product' AND wait_event_type = 'Lock'`
      return (await system.sql('product', waiting)).length > 0
    })
    await system.killAndWait('product')
    await release()
    expect((await shop.ended(user, id)).status).to.equal('COMPLETED')
  })

  it(`lose and double nothing: ${ORDERS} orders, 30 % meant to fail, each part killed twice`, async () => {
    const user = someUser()
    const wish = await wishes(user)
    const placed: string[] = []
    let next = 0
    const client = async () => {
      while (next < ORDERS) placed.push(await placeAtLast(wish(next++)))
    }
    const kills = [...KILLED, ...KILLED].map(async (part, i) => {
      await until(`order ${i * 90 + 50}`, () => placed.length >= i * 90 + 50, 300_000)
      await system.killAndWait(part)
    })
    await Promise.all([...Array.from({ length: AT_A_TIME }, client), ...kills])
    await quiet(system, END_MS)
    const rows = await system.sql<{ status: string; n: number }>(
      'order',
      'SELECT status, count(*)::int AS n FROM orders WHERE user_id = $1 GROUP BY 1 ORDER BY 1',
      [user],
    )
    expect(new Set(placed).size).to.equal(ORDERS)
    expect(rows).to.deep.equal([
      { status: 'COMPLETED', n: (ORDERS * 7) / 10 },
      { status: 'FAILED', n: (ORDERS * 3) / 10 },
    ])
    const findings = await audit(auditAddresses(system.run), { acknowledged: placed })
    expect(findings.filter(({ broken }) => broken > 0)).to.deep.equal([])
  })
})
