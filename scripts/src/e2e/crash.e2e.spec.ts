import { expect } from 'chai'
import { sharedShop } from './shared.js'
import type { Shop } from './shop.js'
import { someUser, until, type System } from './system.js'

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

  it('keep no connector from confirming what it has sent: it starts anew, and only heartbeats follow', async () => {
    const admin = system.kafka.admin()
    await admin.connect()
    const sent = async () =>
      (await admin.fetchTopicOffsets('coupon.events')).reduce((sum, { high }) => sum + Number(high), 0)
    const before = await sent()
    await shop.coupon()
    await until('the event to be sent', async () => (await sent()) > before)
    await admin.disconnect()
    await system.ask('connect', '/connectors/coupon-outbox/restart?includeTasks=true', { method: 'POST' })
    const [now] = await system.sql<{ lsn: string }>('coupon', 'SELECT pg_current_wal_lsn()::text AS lsn')
    const confirmed = `SELECT FROM pg_replication_slots
                        WHERE slot_name = 'outbox_coupon' AND confirmed_flush_lsn > $1::pg_lsn`
    await until(
      'its slot to move on',
      async () => (await system.sql('coupon', confirmed, [now!.lsn])).length > 0,
    )
  })
})
