import { contracts, isEventType, violationsOf } from '@chorus/contracts'
import { expect } from 'chai'
import { sharedSystem } from './shared.js'
import { ordersOfEveryKind, Shop } from './shop.js'
import { allRows } from './state.js'
import type { System } from './system.js'
import { deleteGroups, eventTopics, quiet, readAll, send, untilEmpty, type Read } from './topics.js'

describe('delivery', function () {
  this.timeout(180_000)
  let system: System
  let messages: Read[]
  before(async function () {
    this.timeout(240_000)
    system = await sharedSystem()
    await ordersOfEveryKind(new Shop(system))
    await quiet(system)
    messages = await readAll(system)
  })

  /** Ids of the events in each inbox; commands are in there too, and come from nowhere again. */
  async function eventsHeard(): Promise<Record<string, string[]>> {
    const ids = (await readAll(system)).map(({ message }) => String(message.headers?.ce_id))
    const heard: Record<string, string[]> = {}
    for (const service of system.run.services) {
      const rows = await system.sql<{ id: string }>(
        service,
        'SELECT id::text FROM inbox WHERE id = ANY($1::uuid[]) ORDER BY 1',
        [ids],
      )
      expect(rows.length).to.be.greaterThan(0)
      heard[service] = rows.map(({ id }) => id)
    }
    return heard
  }

  it('brings each outbox row to its topic byte for byte, as a CloudEvent 1.0 in binary mode', async () => {
    let compared = 0
    for (const service of system.run.services) {
      const onTopic = new Map(
        messages
          .filter(({ topic }) => topic === `${service}.events`)
          .map(({ message }) => [String(message.headers?.ce_id), message]),
      )
      const rows = await system.sql<Record<string, string>>(service, 'SELECT * FROM outbox')
      if (service !== 'tally') expect(rows.length).to.be.greaterThan(0)
      for (const row of rows) {
        const message = onTopic.get(row.id!)!
        const { id: _debezium, ...headers } = Object.fromEntries(
          Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
        )
        expect(message.value?.equals(Buffer.from(row.payload!))).to.equal(true)
        expect(String(message.key)).to.equal(row.aggregateid)
        expect(headers).to.deep.equal({
          ce_specversion: '1.0',
          ce_id: row.id,
          ce_type: row.type,
          ce_source: `/services/${service}`,
          ce_subject: row.subject,
          ce_time: row.time,
          ce_dataschema: row.dataschema,
          ce_correlationid: row.correlationid,
          ce_causationid: row.causationid,
          ce_aggregateversion: row.aggregateversion,
          'content-type': 'application/json',
          traceparent: row.traceparent,
        })
        compared++
      }
    }
    expect(compared).to.be.greaterThan(30)
  })

  it('carries only events that keep to their contracts', () => {
    for (const { topic, message } of messages) {
      const type = String(message.headers?.ce_type)
      expect(isEventType(type), type).to.equal(true)
      if (!isEventType(type)) continue
      const contract = contracts.find(
        ({ dataschema }) => dataschema === String(message.headers?.ce_dataschema),
      )!
      expect(
        violationsOf(type, JSON.parse(String(message.value)), 'strict', contract.version),
        type,
      ).to.equal(undefined)
      expect(topic).to.equal(`${contracts.find((contract) => contract.type === type)!.producer}.events`)
    }
  })

  it('counts the events of each aggregate without a gap', () => {
    const versions = new Map<string, Set<number>>()
    for (const { topic, message } of messages) {
      const contract = contracts.find(({ type }) => type === String(message.headers?.ce_type))!
      const name = `${topic} ${contract.aggregate} ${String(message.headers?.ce_subject)}`
      const seen = versions.get(name) ?? new Set()
      versions.set(name, seen.add(Number(String(message.headers?.ce_aggregateversion))))
    }
    for (const [name, seen] of versions) {
      expect(
        [...seen].sort((a, b) => a - b),
        name,
      ).to.deep.equal(Array.from(seen, (_, i) => i + 1))
    }
  })

  it('changes no row when every event is delivered a second time: the inbox knows them', async () => {
    const before = await allRows(system)
    await send(system, messages)
    await quiet(system)
    expect(await allRows(system)).to.deep.equal(before)
  })

  it('changes no row when all topics are consumed from their start with an empty inbox: the states know them', async () => {
    await quiet(system)
    const [before, heard] = [await allRows(system), await eventsHeard()]
    const { services } = system.run
    for (const service of services) system.signal(service, 'SIGSTOP')
    await untilEmpty(system, [...services])
    await deleteGroups(system, [...services])
    for (const service of services) await system.sql(service, 'TRUNCATE inbox')
    for (const service of services) await system.killAndWait(service)
    await quiet(system)
    expect(await eventsHeard()).to.deep.equal(heard)
    expect(await allRows(system)).to.deep.equal(before)
  })

  it('has an explicit topic for everything and creates none by itself', async () => {
    const admin = system.kafka.admin()
    await admin.connect()
    const topics = await admin.listTopics()
    await admin.disconnect()
    expect(topics).to.include.members(eventTopics(system))
    expect(topics.filter((topic) => !/^(__|connect-|_)/.test(topic)).sort()).to.deep.equal(
      eventTopics(system).sort(),
    )
  })
})
