import { expect } from 'chai'
import { sharedShop } from './shared.js'
import type { Shop } from './shop.js'
import { someUser, until, type System } from './system.js'
import { untilEmpty } from './topics.js'

describe('consumption', function () {
  this.timeout(60_000)
  let system: System
  let shop: Shop
  before(async function () {
    this.timeout(240_000)
    ;({ system, shop } = await sharedShop())
  })
  after(() => act('resume'))

  const act = (what: string, asked: object = { user: 'admin', admin: true }) =>
    system.ask('coupon', `/admin/consumption/${what}`, { method: 'POST', body: {}, ...asked })

  it('stops while it is paused, requests do not; resumed, it goes on where it was', async () => {
    const user = someUser()
    const productId = await shop.product()
    const userCouponId = await shop.heldCoupon(user)
    expect((await act('pause')).body).to.deep.equal({ state: 'PAUSED' })
    expect((await act('pause')).body).to.deep.equal({ state: 'PAUSED' })
    await untilEmpty(system, ['coupon'])
    const id = await shop.place({ user, items: [{ productId, quantity: 1 }], userCouponId })
    await until('the order to be on its topic', async () => {
      const rows = await system.sql('order', 'SELECT 1 FROM outbox WHERE subject = $1', [id])
      return rows.length === 1
    })
    expect(await shop.couponStatus(user, userCouponId)).to.equal('ISSUED')
    expect((await act('resume')).body).to.deep.equal({ state: 'RUNNING' })
    expect((await shop.ended(user, id)).status).to.equal('COMPLETED')
    expect(await shop.couponStatus(user, userCouponId)).to.equal('USED')
  })

  it('is for admins only, and takes an empty body', async () => {
    expect((await act('pause', {})).body.code).to.equal('TOKEN_MISSING')
    expect((await act('pause', { user: 'u1' })).body.code).to.equal('ADMIN_REQUIRED')
    const broken = await act('pause', { user: 'admin', admin: true, body: { now: true } })
    expect(broken.body.code).to.equal('BODY_INVALID')
  })
})
