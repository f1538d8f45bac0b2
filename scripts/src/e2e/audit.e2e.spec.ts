import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId } from '@chorus/chassis'
import { expect } from 'chai'
import { auditAddresses } from '../audit/addresses.js'
import { audit } from '../audit/audit.js'
import type { Finding } from '../audit/finding.js'
import { planted, type Flow, type Planted } from './planted.fixtures.js'
import { sharedShop } from './shared.js'
import type { Shop } from './shop.js'
import { chorus, someUser, type Booking, type System } from './system.js'
import { quiet } from './topics.js'

/** The books of a gateway that did something wrong. */
async function gatewayWith(entries: readonly Booking[]): Promise<{ server: Server; gatewayUrl: string }> {
  const server = createServer((req, res) => {
    const from = Number(new URL(req.url!, 'http://gateway').searchParams.get('from'))
    res.end(JSON.stringify({ entries: entries.slice(from) }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, gatewayUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const broken = (findings: readonly Finding[]) => [
  ...new Set(findings.filter((finding) => finding.broken > 0).map(({ invariant }) => invariant)),
]

describe('the auditor', function () {
  this.timeout(60_000)
  let system: System
  let shop: Shop
  let flow: Flow

  before(async function () {
    this.timeout(240_000)
    ;({ system, shop } = await sharedShop())
    const [user, productId] = [someUser(), await shop.product({ stock: 9 })]
    const items = [{ productId, quantity: 2 }]
    const couponId = await shop.coupon()
    const userCouponId = await shop.take(couponId, user)
    const { id: completed } = await shop.order({ user, items, userCouponId })
    const declined = { user, items, userCouponId: await shop.heldCoupon(user), token: 'tok_decline' }
    const { id: failed } = await shop.order(declined)
    flow = { productId, completed, failed, couponId, userCouponId }
    await quiet(system)
  })

  const look = (skipTopics = true) => audit(auditAddresses(system.run), { skipTopics })

  it('finds nothing in a system that holds, and has looked at something for each invariant', async () => {
    const findings = await look(false)
    expect(findings.filter((finding) => finding.broken > 0)).to.deep.equal([])
    expect([...new Set(findings.map(({ invariant }) => invariant))]).to.deep.equal([
      1, 2, 3, 4, 5, 7, 9, 10, 11, 12, 13, 14, 15, 16,
    ])
    const blind = findings.filter(({ looked }) => looked === 0).map(({ what }) => what)
    expect(blind).to.deep.equal(['nothing is set aside'])
  })

  /** Changes the row, runs `meanwhile`, and puts the row back. */
  async function whilePlanted({ service, table, where, set }: Planted, meanwhile: () => Promise<void>) {
    const row = await system.sql<{ ctid: string; before: object }>(
      service,
      `SELECT to_jsonb(t) AS before FROM ${table} t WHERE ${where(flow)}`,
    )
    expect(row).to.have.length(1)
    const changes = Object.entries(set).map(([column, value]) => `${column} = ${value}`)
    const [changed] = await system.sql<{ id: string; part: number }>(
      service,
      `UPDATE ${table} t SET ${changes.join(', ')} WHERE ${where(flow)} RETURNING t.ctid::text AS id, t.tableoid::int AS part`,
    )
    try {
      await meanwhile()
    } finally {
      const back = Object.keys(set).map((column) => `${column} = b.${column}`)
      await system.sql(
        service,
        `UPDATE ${table} t SET ${back.join(', ')} FROM jsonb_populate_record(NULL::${table}, $1) b WHERE t.ctid = $2::tid AND t.tableoid = $3::oid`,
        [JSON.stringify(row[0]!.before), changed!.id, changed!.part],
      )
    }
  }

  for (const fault of planted) {
    it(`finds out when ${fault.fault}`, () =>
      whilePlanted(fault, async () => {
        expect(broken(await look(!fault.breaks.includes(9)))).to.deep.equal(fault.breaks)
      }))
  }

  /** Makes the payment database as much older. */
  const aged = (days: number) =>
    system.sql(
      'payment',
      'UPDATE migrations SET migration_time = migration_time - make_interval(days => $1)',
      [days],
    )

  it('does not miss what the outbox has dropped because it was old enough', async () => {
    const forgotten: Planted = {
      fault: '',
      breaks: [11],
      service: 'payment',
      table: 'outbox',
      where: ({ completed }) => `subject = '${completed}' AND type = 'PaymentRequested'`,
      set: { type: `'Forgotten'` },
    }
    await whilePlanted(forgotten, async () => {
      expect(broken(await look())).to.deep.equal([11])
      await aged(30)
      expect(broken(await look())).to.deep.equal([])
      await aged(-30)
    })
  })

  for (const [fault, status] of [
    ['a charge is made twice', 'CAPTURED'],
    ['a charge of nobody is made', 'CAPTURED'],
    ['a charge is given back of an order that is complete', 'REFUNDED'],
  ] as const) {
    it(`finds out when ${fault}`, async () => {
      const books = [...(await system.bookings()).values()]
      const charge = books.find((booking) => booking.status === 'CAPTURED')!
      const key = fault.includes('nobody') ? newId() : charge.key
      const { server, gatewayUrl } = await gatewayWith([...books, { ...charge, key, status }])
      const findings = await audit({ ...auditAddresses(system.run), gatewayUrl }, { skipTopics: true })
      server.close()
      const found = findings.filter((finding) => finding.broken > 0)
      const once = { 'a charge is made twice': [13], 'a charge of nobody is made': [5, 13] }
      expect(broken(found)).to.deep.equal(once[fault as keyof typeof once] ?? [5])
      expect(found.flatMap(({ ids }) => ids)).to.include(key)
    })
  }

  it('finds out when an acknowledged order does not exist, and says so as a command does', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'chorus-audit-'))
    const [file, lost] = [join(folder, 'acknowledged'), newId()]
    writeFileSync(file, `${flow.completed}\n${lost}\n`)
    const command = ['audit', '--home', system.home, '--wait', '30', '--skip', 'topics']
    const bad = await chorus([...command, '--acknowledged', file])
    rmSync(folder, { recursive: true })
    expect(bad.code).to.equal(1)
    expect(bad.output)
      .to.match(/1 {2}BROKEN +\d+ {2}every order was created once/)
      .and.to.contain(lost)
    const good = await chorus([...command, '--json'])
    expect(good.code, good.output).to.equal(0)
    expect(JSON.parse(good.output)).to.have.property('holds', true)
  })

  it('finds out when a message is set aside', async () => {
    await system.sql(
      'payment',
      `INSERT INTO dead_letters (topic, partition, "offset", state, reason, headers)
       VALUES ('order.events', 0, 4711, 'DEAD', 'NOT_AN_EVENT', '{}')`,
    )
    const findings = await look()
    await system.sql('payment', 'DELETE FROM dead_letters WHERE "offset" = 4711')
    expect(findings.filter((finding) => finding.broken > 0).map(({ ids }) => ids)).to.deep.equal([
      ['payment order.events/0/4711 NOT_AN_EVENT'],
    ])
  })
})
