import { addressesOf } from '@chorus/stack'
import { expect } from 'chai'
import { examine } from '../doctor/doctor.js'
import { sharedShop } from './shared.js'
import type { Shop } from './shop.js'
import { chorus, someUser, until, type System } from './system.js'
import { quiet, untilEmpty } from './topics.js'

/** kafkajs: the type of a topic in requests about settings. */
const TOPIC = 2

describe('the doctor', function () {
  this.timeout(90_000)
  let system: System
  let shop: Shop
  before(async function () {
    this.timeout(240_000)
    ;({ system, shop } = await sharedShop())
    await quiet(system)
    await until('what other specs broke to be mended', async () => (await troubles()).length === 0)
  })

  /** All that is wrong: part and what. */
  async function troubles(known: Parameters<typeof examine>[1] = {}): Promise<string[]> {
    const diagnoses = await examine(system.run, known)
    return diagnoses.flatMap((one) => one.troubles.map(({ part, what }) => `${part}: ${what}`)).toSorted()
  }

  const connector = async (action: 'stop' | 'resume') => {
    const address = `${addressesOf(system.run).connect}/connectors/coupon-outbox/${action}`
    expect((await fetch(address, { method: 'PUT' })).ok).to.equal(true)
  }

  const retention = async (ms: string) => {
    const admin = system.kafka.admin()
    await admin.connect()
    const configEntries = [
      { name: 'cleanup.policy', value: 'delete' },
      { name: 'retention.bytes', value: '-1' },
      { name: 'retention.ms', value: ms },
    ]
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: TOPIC, name: 'coupon.events', configEntries }],
    })
    await admin.disconnect()
  }

  const slotIs = (active: boolean) =>
    until(`the slot of coupon to be ${active ? '' : 'in'}active`, async () => {
      const sql = `SELECT active FROM pg_replication_slots WHERE slot_name = 'outbox_coupon'`
      return (await system.sql<{ active: boolean }>('coupon', sql))[0]?.active === active
    })

  const heartbeats = async () => {
    const admin = system.kafka.admin()
    await admin.connect()
    const [end] = await admin.fetchTopicOffsets('__debezium-heartbeat.coupon')
    await admin.disconnect()
    return BigInt(end!.high)
  }

  it('finds nothing in a system that is well, and says so', async () => {
    const { code, output } = await chorus(['doctor', '--home', system.home])
    expect(code, output).to.equal(0)
    expect(output).to.contain('well').and.to.not.contain('TROUBLE')
  })

  it('finds a connector that delivers nothing, and the slot that keeps the log', async () => {
    await connector('stop')
    await slotIs(false)
    let found: string[] = []
    await until('the heartbeats to be old', async () => {
      found = await troubles({ silentMs: 4000, deafMs: 60_000 })
      return found.length === 3
    })
    const sent = await heartbeats()
    await connector('resume')
    await slotIs(true)
    await until('a heartbeat', async () => (await heartbeats()) > sent)
    expect(found).to.deep.equal([
      'coupon: its connector has sent no heartbeat for 4 s: events may not be delivered',
      'coupon: its connector is STOPPED with no task',
      'coupon: nobody reads its replication slot, which keeps the log',
    ])
    await until('the coupon connector to deliver', async () => (await troubles()).length === 0)
  })

  const statements: [what: string, breaks: string, mends: string][] = [
    [
      'its publication outbox_pub is not as it was made',
      `ALTER PUBLICATION outbox_pub SET (publish = 'insert, delete')`,
      `ALTER PUBLICATION outbox_pub SET (publish = 'insert', publish_via_partition_root = true)`,
    ],
    [
      'the role coupon_cdc may not read the outbox',
      'REVOKE SELECT ON outbox FROM coupon_cdc',
      'GRANT SELECT ON outbox TO coupon_cdc',
    ],
    [
      'the role coupon_cdc may not replicate',
      'ALTER ROLE coupon_cdc NOREPLICATION',
      'ALTER ROLE coupon_cdc REPLICATION',
    ],
    [
      'coupon_app may change the outbox',
      'GRANT DELETE ON outbox TO coupon_app',
      'REVOKE UPDATE, DELETE ON outbox FROM coupon_app',
    ],
  ]
  for (const [what, breaks, mends] of statements) {
    it(`finds that ${what}, and names the statement that mends it`, async () => {
      await system.sql('coupon', breaks)
      const diagnoses = await examine(system.run)
      const found = diagnoses.flatMap((one) => one.troubles)
      await system.sql('coupon', found[0]?.mend ?? mends)
      expect(found).to.deep.equal([{ part: 'coupon', what, mend: mends }])
      expect(await troubles()).to.deep.equal([])
    })
  }

  it('finds a topic that forgets', async () => {
    await retention('604800000')
    const found = await troubles()
    await retention('-1')
    expect(found).to.deep.equal([
      'coupon: the topic coupon.events should have retention.ms=-1, and not 604800000',
    ])
    expect(await troubles()).to.deep.equal([])
  })

  it('finds a consumer that hangs', async () => {
    const [user, productId] = [someUser(), await shop.product()]
    await quiet(system)
    system.signal('payment', 'SIGSTOP')
    let stuck: string[]
    let id: string
    try {
      id = await shop.place({ user, items: [{ productId, quantity: 1 }] })
      await until('the stock to be taken', async () => (await shop.stockOf(productId)) === 99)
      stuck = await troubles({ answerMs: 500, stuckMs: 500 })
    } finally {
      system.signal('payment', 'SIGCONT')
    }
    expect(stuck.join('\n')).to.match(
      /payment: does not answer within 0.5 s\npayment: it has consumed nothing for 0.5 s/,
    )
    expect((await shop.ended(user, id)).status).to.equal('COMPLETED')
  })

  it('finds offsets outside of their topic', async () => {
    const consumption = (action: 'pause' | 'resume') =>
      system.ask('payment', `/admin/consumption/${action}`, { user: 'spec', admin: true, body: {} })
    await consumption('pause')
    await untilEmpty(system, ['payment'])
    const admin = system.kafka.admin()
    await admin.connect()
    const [before] = await admin.fetchOffsets({ groupId: 'payment', topics: ['order.events'] })
    const move = (partitions: { partition: number; offset: string }[]) =>
      admin.setOffsets({ groupId: 'payment', topic: 'order.events', partitions })
    try {
      await move([{ partition: 0, offset: '999999' }])
      expect((await troubles()).join('\n')).to.match(
        /payment: its offset 999999 in order.events\/0 is outside of \d+ to \d+/,
      )
    } finally {
      await move(before!.partitions)
      await admin.disconnect()
      await consumption('resume')
    }
    await until('payment to be ready', async () => (await troubles()).length === 0)
  })

  it('finds what is set aside, and an order that nobody ended', async () => {
    const [user, productId] = [someUser(), await shop.product()]
    const id = (await shop.order({ user, items: [{ productId, quantity: 1 }] })).id
    const letter = `INSERT INTO dead_letters (topic, partition, "offset", state, reason, headers)
                    VALUES ('order.events', 0, 4711, 'DEAD', 'NOT_AN_EVENT', '{}')`
    const open = (status: string, deadline: string) =>
      system.sql('order', `UPDATE orders SET status = $2, deadline_at = ${deadline} WHERE id = $1`, [
        id,
        status,
      ])
    system.signal('order', 'SIGSTOP')
    await system.sql('coupon', letter)
    await open('PENDING', `now() - interval '1 h'`)
    const found = await troubles()
    await system.sql('coupon', 'DELETE FROM dead_letters WHERE "offset" = 4711')
    await open('COMPLETED', `now() + interval '1 h'`)
    system.signal('order', 'SIGCONT')
    expect(found).to.include.members([
      'coupon: 1 messages are set aside: NOT_AN_EVENT',
      `order: 1 orders are open 30 s after their deadline, ${id} first`,
    ])
  })

  it('finds a clock that is wrong and a disk that is full, as far as one machine can show', async () => {
    const found = await troubles({ now: () => Date.now() + 60_000, enoughDiskBytes: Number.MAX_SAFE_INTEGER })
    expect(found.join('\n')).to.match(
      /disk: only .* GB are free.*\npostgres: the clock of Postgres .* differ by (59|60)/s,
    )
  })
})
