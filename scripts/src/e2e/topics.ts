import type { IHeaders, KafkaMessage } from 'kafkajs'
import { newId } from '@chorus/chassis'
import { until, type System } from './system.js'

/** A message with where it stood. */
export interface Read {
  topic: string
  partition: number
  message: KafkaMessage
}

/** A message to send. */
export interface Sent {
  topic: string
  message: { key: Buffer | null; value: Buffer | null; headers?: IHeaders | undefined }
}

/** The event topics of a system. */
export const eventTopics = (system: System) => system.run.services.map((service) => `${service}.events`)

async function withAdmin<T>(
  system: System,
  work: (admin: ReturnType<System['kafka']['admin']>) => Promise<T>,
): Promise<T> {
  const admin = system.kafka.admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

/** Everything on the event topics, from their beginning to what is their end now. */
export async function readAll(system: System): Promise<Read[]> {
  const ends = await withAdmin(system, async (admin) =>
    Promise.all(
      eventTopics(system).map(async (topic) => ({ topic, offsets: await admin.fetchTopicOffsets(topic) })),
    ),
  )
  const missing = new Map(
    ends.flatMap(({ topic, offsets }) =>
      offsets
        .filter(({ high, low }) => BigInt(high) > BigInt(low))
        .map(({ partition, high }): [string, bigint] => [`${topic}/${partition}`, BigInt(high) - 1n]),
    ),
  )
  const read: Read[] = []
  const groupId = `spec-${newId()}`
  const consumer = system.kafka.consumer({ groupId, maxWaitTimeInMs: 100, allowAutoTopicCreation: false })
  await consumer.connect()
  await consumer.subscribe({ topics: eventTopics(system), fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachMessage: ({ topic, partition, message }) => {
      read.push({ topic, partition, message })
      const last = missing.get(`${topic}/${partition}`)
      if (last !== undefined && BigInt(message.offset) >= last) missing.delete(`${topic}/${partition}`)
      return Promise.resolve()
    },
  })
  await until('the topics to be read', () => missing.size === 0, 60_000)
  await consumer.disconnect()
  await withAdmin(system, (admin) => admin.deleteGroups([groupId]))
  return read
}

/** Sends messages as they are: same topic, key, headers and value. */
export async function send(system: System, messages: readonly Sent[]): Promise<void> {
  const producer = system.kafka.producer({ allowAutoTopicCreation: false })
  await producer.connect()
  for (const topic of new Set(messages.map((m) => m.topic))) {
    const own = messages.filter((m) => m.topic === topic)
    await producer.send({
      topic,
      messages: own.map(({ message: { key, value, headers } }) => ({
        key,
        value,
        ...(headers && { headers }),
      })),
    })
  }
  await producer.disconnect()
}

/** Forgets the offsets of groups that have no members. */
export const deleteGroups = (system: System, groups: string[]) =>
  withAdmin(system, (admin) => admin.deleteGroups(groups))

/** Waits until these groups have no members: their processes are dead or stopped. */
export const untilEmpty = (system: System, groups: string[]) =>
  withAdmin(system, (admin) =>
    until(
      `${groups.join(', ')} to have no members`,
      async () => (await admin.describeGroups(groups)).groups.every(({ members }) => members.length === 0),
      60_000,
    ),
  )

/** What every service has still to consume, in messages, of the partitions it has begun or that hold anything. */
async function lagOf(system: System, heard: Record<string, readonly string[]>): Promise<bigint> {
  return withAdmin(system, async (admin) => {
    let lag = 0n
    for (const [group, topics] of Object.entries(heard)) {
      const committed = await admin.fetchOffsets({ groupId: group, topics: [...topics] })
      for (const { topic, partitions } of committed) {
        for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
          const offset = partitions.find((p) => p.partition === partition)?.offset ?? '-1'
          lag += BigInt(high) - (offset === '-1' ? 0n : BigInt(offset))
        }
      }
    }
    return lag
  })
}

/** How many messages the topic of each service has had so far. */
export const sentBy = (system: System): Promise<Record<string, number>> =>
  withAdmin(system, async (admin) => {
    const counted = system.run.services.map(async (service): Promise<[string, number]> => {
      const partitions = await admin.fetchTopicOffsets(`${service}.events`)
      return [service, partitions.reduce((sum, { high }) => sum + Number(high), 0)]
    })
    return Object.fromEntries(await Promise.all(counted))
  })

const HEARD = {
  order: ['coupon.events', 'product.events', 'payment.events'],
  coupon: ['order.events', 'product.events', 'payment.events'],
  product: ['order.events', 'coupon.events', 'payment.events'],
  payment: ['product.events', 'order.events'],
  tally: ['order.events'],
}

/** Waits until nothing moves any more: no open order or payment, every outbox row on its topic, every message consumed. */
export async function quiet(system: System, patienceMs = 60_000): Promise<void> {
  const count = async (service: string, query: string) =>
    (await system.sql<{ n: number }>(service, `SELECT count(*)::int AS n FROM ${query}`))[0]!.n
  const heard = Object.fromEntries(
    Object.entries(HEARD).filter(([service]) => system.run.services.includes(service)),
  )
  await until(
    'the system to come to rest',
    async () => {
      const open = await count(
        'order',
        `orders WHERE status IN ('PENDING', 'COUPON_APPLIED', 'STOCK_SECURED')`,
      )
      const paying = await count('payment', `payments WHERE status IN ('REQUESTED', 'UNKNOWN', 'REFUNDING')`)
      if (open + paying > 0 || (await lagOf(system, heard)) > 0n) return false
      const written = await Promise.all(system.run.services.map((service) => count(service, 'outbox')))
      const sent = await sentBy(system)
      return written.every((rows, i) => sent[system.run.services[i]!]! >= rows)
    },
    patienceMs,
  )
}
