import { setTimeout as wait } from 'node:timers/promises'
import { messageOf, newId } from '@chorus/chassis'
import type { RunFile } from '@chorus/stack'
import { flowTopics, readStep, type PlacedStep } from '@chorus/tracker/flow'
import kafkajs, { type Admin, type Kafka, type KafkaMessage } from 'kafkajs'
import { kafkaOf } from '../kafka.js'

/** Part of a topic that is to be read: of one partition, up to what is its end now. */
interface Stretch {
  topic: string
  partition: number
  from: bigint
  to: bigint
}

const HOUR_MS = 3_600_000
const FIRST_YEAR_MS = Date.parse('2020-01-01')
const PATIENCE_MS = 60_000

/** An id begins with the time of its making, unless it came from a key without one. */
function madeAtMs(id: string): number | undefined {
  const ms = Number.parseInt(id.replace('-', '').slice(0, 12), 16)
  return ms > FIRST_YEAR_MS && ms < Date.now() + HOUR_MS ? ms : undefined
}

async function partitionsOf(admin: Admin, topics: readonly string[], key: string) {
  const metadata = await admin.fetchTopicMetadata({ topics: [...topics] })
  const partitionFor = kafkajs.Partitioners.DefaultPartitioner()
  return metadata.topics.map(({ name, partitions }) => ({
    topic: name,
    partition: partitionFor({ topic: name, partitionMetadata: partitions, message: { key, value: null } }),
  }))
}

/** Where the events of a key stand: in one partition of each topic, since the key was made. */
async function stretchesOf(admin: Admin, key: string, sinceMs: number | undefined): Promise<Stretch[]> {
  const known = new Set(await admin.listTopics())
  const places = await partitionsOf(
    admin,
    flowTopics.filter((topic) => known.has(topic)),
    key,
  )
  return Promise.all(
    places.map(async ({ topic, partition }) => {
      const ends = await admin.fetchTopicOffsets(topic)
      const end = ends.find((one) => one.partition === partition)!
      const starts = sinceMs === undefined ? ends : await admin.fetchTopicOffsetsByTimestamp(topic, sinceMs)
      const start = starts.find((one) => one.partition === partition)!
      const from = BigInt(sinceMs === undefined ? end.low : start.offset)
      return { topic, partition, from, to: BigInt(end.high) }
    }),
  )
}

/** Reads the stretches with a consumer of a group that nobody else has. */
async function readStretches(
  kafka: Kafka,
  admin: Admin,
  stretches: readonly Stretch[],
  onMessage: (topic: string, partition: number, message: KafkaMessage) => void,
): Promise<void> {
  const left = new Map(stretches.filter(({ from, to }) => from < to).map((one) => [one.topic, one]))
  if (left.size === 0) return
  const groupId = `chorus-explain-${newId()}`
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 50, allowAutoTopicCreation: false })
  let finish!: () => void
  const finished = new Promise<boolean>((resolve) => {
    finish = () => resolve(true)
  })
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [...left.keys()], fromBeginning: false })
    await consumer.run({
      autoCommit: false,
      eachMessage: ({ topic, partition, message }) => {
        const stretch = left.get(topic)
        if (stretch?.partition !== partition) return Promise.resolve()
        onMessage(topic, partition, message)
        if (BigInt(message.offset) + 1n >= stretch.to) left.delete(topic)
        if (left.size === 0) finish()
        return Promise.resolve()
      },
    })
    for (const { topic, partition, from } of left.values())
      consumer.seek({ topic, partition, offset: String(from) })
    const read = await Promise.race([finished, wait(PATIENCE_MS, false, { ref: false })])
    if (!read) throw new Error(`the topics were not read within ${PATIENCE_MS} ms`)
  } finally {
    await consumer.disconnect()
  }
  await admin.deleteGroups([groupId])
}

/**
 * Reads the events of an order off the topics; nothing else needs to run.
 * @throws KafkaJSError when the broker cannot be reached
 */
export async function readFlow(run: RunFile, orderId: string): Promise<PlacedStep[]> {
  const kafka = kafkaOf(run, 'chorus-explain')
  const admin = kafka.admin()
  await admin.connect()
  try {
    const madeMs = madeAtMs(orderId)
    const recent = madeMs === undefined ? [] : await readSince(kafka, admin, orderId, madeMs - HOUR_MS)
    return recent.length > 0 ? recent : await readSince(kafka, admin, orderId, undefined)
  } finally {
    await admin.disconnect()
  }
}

async function readSince(
  kafka: Kafka,
  admin: Admin,
  orderId: string,
  sinceMs: number | undefined,
): Promise<PlacedStep[]> {
  const steps = new Map<string, PlacedStep>()
  const stretches = await stretchesOf(admin, orderId, sinceMs)
  await readStretches(kafka, admin, stretches, (topic, partition, message) => {
    const step = readStep(messageOf(topic, partition, message))
    if (step?.flowId === orderId && !steps.has(step.id)) steps.set(step.id, step)
  })
  return [...steps.values()]
}
