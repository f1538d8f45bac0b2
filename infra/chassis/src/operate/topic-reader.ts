import type { Admin, Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs'
import { newId } from '../ids.js'

/** Of one partition at a time: some hundred events. With 4 MB they live until the collector copies them: a quarter more CPU. */
const FETCH_BYTES = 1 << 19
/** What is read is there already: who is done need not wait for what may come. */
const WAIT_MS = 10

interface Stretch {
  topic: string
  partition: number
  /** First offset to read. */
  from: bigint
  /** First offset that is not read any more: what comes while it is read is left for another time. */
  to: bigint
}

/** Runs `work` with an admin session of Kafka. */
export async function withAdmin<T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

/** From where a topic is read: messages written from a time on, or each partition from an offset on. */
export type From = Date | bigint

/** Reads an offset like `0`, or a time like `2026-01-31T12:00:00Z`; undefined when it is neither. */
export function fromIn(text: string): From | undefined {
  if (/^\d{1,18}$/.test(text)) return BigInt(text)
  // Of itself, Date takes nearly anything for a year.
  const at = new Date(/^\d{4}-\d\d-\d\d(T|$)/.test(text) ? text : NaN)
  return Number.isNaN(at.getTime()) ? undefined : at
}

async function stretchesOf(admin: Admin, topic: string, since: From): Promise<Stretch[]> {
  const starts =
    typeof since === 'bigint' ? [] : await admin.fetchTopicOffsetsByTimestamp(topic, since.getTime())
  return (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => {
    const found = starts.find((s) => s.partition === partition)?.offset ?? low
    const start = typeof since === 'bigint' ? since : BigInt(found)
    const from = start > BigInt(low) ? start : BigInt(low)
    return { topic, partition, from, to: BigInt(high) }
  })
}

/** Reads to the end of every stretch; the next fetch waits until `take` is done, so no more than a batch is held. */
async function readTo(consumer: Consumer, stretches: readonly Stretch[], take: Take): Promise<void> {
  const missing = new Map(stretches.map((one) => [`${one.topic}/${one.partition}`, one]))
  let finish!: (error?: Error) => void
  const finished = new Promise<void>((resolve, reject) => {
    finish = (error) => (error ? reject(error) : resolve())
  })
  consumer.on(consumer.events.CRASH, ({ payload }) => finish(payload.error))
  const eachBatch = async ({ batch, resolveOffset, heartbeat }: EachBatchPayload) => {
    const { topic, partition, messages } = batch
    const stretch = missing.get(`${topic}/${partition}`)
    if (!stretch) return
    const own = messages.filter(({ offset }) => BigInt(offset) < stretch.to)
    await take(own, partition)
    resolveOffset(batch.lastOffset())
    await heartbeat()
    if (BigInt(batch.lastOffset()) < stretch.to - 1n) return
    missing.delete(`${topic}/${partition}`)
    if (missing.size === 0) finish()
  }
  await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch })
  for (const { topic, partition, from } of stretches)
    consumer.seek({ topic, partition, offset: String(from) })
  await finished
}

/** What is done with some messages of one partition, in their order; the next ones wait for it. */
export type Take = (messages: readonly KafkaMessage[], partition: number) => Promise<void>

/**
 * Reads what stands on a topic now, with a group of its own that is gone afterwards.
 */
export async function readMessages(kafka: Kafka, topic: string, take: Take, since: From = 0n): Promise<void> {
  const stretches = await withAdmin(kafka, (admin) => stretchesOf(admin, topic, since))
  const filled = stretches.filter(({ from, to }) => from < to)
  if (filled.length === 0) return
  const groupId = `chorus-reader-${newId()}`
  const consumer = kafka.consumer({
    groupId,
    maxWaitTimeInMs: WAIT_MS,
    maxBytesPerPartition: FETCH_BYTES,
    allowAutoTopicCreation: false,
  })
  await consumer.connect()
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await readTo(consumer, filled, take)
  } finally {
    await consumer.disconnect()
    await withAdmin(kafka, (admin) => admin.deleteGroups([groupId]))
  }
}
