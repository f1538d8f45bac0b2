import { expect } from 'chai'
import { sharedShop } from './shared.js'
import type { Shop } from './shop.js'
import { chorus, someUser, until, type System } from './system.js'

describe('crashes', function () {
  this.timeout(400_000)
  let system: System
  let shop: Shop
  before(async function () {
    this.timeout(240_000)
    ;({ system, shop } = await sharedShop())
  })

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

  it('lose and double nothing, whichever part is killed or stops meanwhile', async () => {
    const size = ['--seed', '20261121', '--orders', '300', '--faults', '16']
    const { code, output } = await chorus(['chaos', ...size, '--rest', '90', '--yes', '--home', system.home])
    expect(code, output).to.equal(0)
    expect(output).to.contain('300 orders and 16 faults').and.to.contain('Nothing is lost, doubled or stuck.')
  })
})
