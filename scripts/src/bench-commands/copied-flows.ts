import { newId } from '@chorus/chassis'
import { flowTopics, type PlacedStep } from '@chorus/tracker/flow'
import type { Kafka, Message } from 'kafkajs'
import { readFlow } from '../explain-commands/read-flow.js'
import { until } from '../until.js'
import { cpuBetween, cpuOf } from './cpu.js'
import type { Rig } from './rig.js'
import { ordersOf, type Shelf } from './workload.js'

/** How the tracker came to know flows. */
export interface Filled {
  events: number
  seconds: number
  /** Seconds. */
  cpu: { tracker: number; postgres: number }
}

/** Real orders that the flows are copies of; one of them is cut off, so that there are flows that wait. */
const MODELS = { completed: 7, failed: 3 }
const CUT_AFTER = 2
/** Flows that are sent at a time. */
const AT_A_TIME = 1000
const PATIENCE_MS = 600_000
const ENDED = 'SELECT count(*)::int AS n FROM orders WHERE NOT open'
/** How far the tracker has come, over all partitions. */
const HEARD = 'SELECT coalesce(sum(next), 0)::int AS n FROM logs'

const count = async (rig: Rig, database: string, query: string) =>
  (await rig.sql<{ n: number }>(database, query))[0]!.n

/** Has real orders go their way. @returns their events */
export async function modelsOf(rig: Rig, shelf: Shelf): Promise<PlacedStep[][]> {
  const bodies = Object.values(MODELS).flatMap((number, failures) =>
    Array.from({ length: number }, ordersOf({ products: 'uniform', failures }, shelf)),
  )
  const placed = await Promise.all(bodies.map((body) => rig.place(body, newId())))
  await until('the orders to end', async () => (await count(rig, 'order', ENDED)) === bodies.length)
  const flows = await Promise.all(placed.map(({ id }) => readFlow(rig.run, id!)))
  const [first = [], ...others] = flows.map((flow) => flow.toSorted((a, b) => a.atMs - b.atMs))
  return [first.slice(0, CUT_AFTER), ...others]
}

/** The events of a flow once more, as another order's. */
function copyOf(flow: readonly PlacedStep[]): (Message & { topic: string })[] {
  const orderId = newId()
  const ids = new Map(flow.map(({ id }) => [id, newId()]))
  const laterMs = Date.now() - Math.max(...flow.map(({ atMs }) => atMs))
  return flow.map((step) => ({
    topic: step.topic,
    key: orderId,
    value: step.payload.replaceAll(step.flowId, orderId),
    headers: {
      ce_id: ids.get(step.id)!,
      ce_type: step.type,
      ce_source: `/services/${step.service}`,
      ce_time: new Date(step.atMs + laterMs).toISOString(),
      ce_dataschema: step.dataschema,
      ce_causationid: ids.get(step.causationId) ?? newId(),
      traceparent: step.traceparent,
    },
  }))
}

/** Puts copies of flows onto the topics. @returns how many events they are */
async function send(kafka: Kafka, models: readonly PlacedStep[][], flows: number): Promise<number> {
  const producer = kafka.producer({ allowAutoTopicCreation: false })
  await producer.connect()
  try {
    let events = 0
    for (let sent = 0; sent < flows; sent += AT_A_TIME) {
      const size = Math.min(AT_A_TIME, flows - sent)
      const messages = Array.from({ length: size }, (_, i) => copyOf(models[i % models.length]!)).flat()
      await producer.sendBatch({
        topicMessages: flowTopics.map((topic) => ({
          topic,
          messages: messages.filter((message) => message.topic === topic),
        })),
      })
      events += messages.length
    }
    return events
  } finally {
    await producer.disconnect()
  }
}

/** The ends of the topics, over all partitions. */
async function endOf(kafka: Kafka): Promise<number> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    const ends = await Promise.all(flowTopics.map((topic) => admin.fetchTopicOffsets(topic)))
    return ends.flat().reduce((sum, { high }) => sum + Number(high), 0)
  } finally {
    await admin.disconnect()
  }
}

/** Waits until the tracker has heard what is on the topics now. */
export async function untilHeard(rig: Rig): Promise<void> {
  const end = await endOf(rig.kafka())
  await until('all to be heard', async () => (await count(rig, 'tracker', HEARD)) >= end, PATIENCE_MS)
}

/** Has the tracker hear so many flows. */
export async function fill(rig: Rig, models: readonly PlacedStep[][], flows: number): Promise<Filled> {
  const before = cpuOf(rig.run)
  const begunMs = performance.now()
  const events = await send(rig.kafka(), models, flows)
  await untilHeard(rig)
  const { tracker = NaN, postgres = NaN } = cpuBetween(before, cpuOf(rig.run))
  return { events, seconds: (performance.now() - begunMs) / 1000, cpu: { tracker, postgres } }
}
