import { setTimeout as wait } from 'node:timers/promises'
import { contractOf, type DeclaredService, type EventType } from '@chorus/contracts'
import type { Admin, Kafka } from 'kafkajs'
import { withAdmin } from './topic-reader.js'

/** A service's consumer group, and the topics that it consumes. */
export interface ConsumerGroup {
  name: string
  topics: readonly string[]
}

/** The consumer group of a service, as it declares itself. */
export const groupOf = ({ name, hears }: Pick<DeclaredService, 'name' | 'hears'>): ConsumerGroup => ({
  name,
  topics: [...new Set(Object.keys(hears).map((type) => `${contractOf(type as EventType).producer}.events`))],
})

/** Where a group goes on in a partition, and where it stood. */
export interface Move {
  topic: string
  partition: number
  /** The committed offset; undefined when there was none. */
  was: string | undefined
  offset: string
}

const POLL_MS = 100
const PATIENCE_MS = 30_000

/** Kafka moves the offsets of a group only when nobody is in it. */
export class GroupInUse extends Error {}

/** Waits until a group has no members. @throws GroupInUse when one stays */
export async function untilEmpty(kafka: Kafka, group: string): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await wait(POLL_MS)) {
      const { groups } = await admin.describeGroups([group])
      if (groups[0]!.members.length === 0) return
    }
    throw new GroupInUse(
      `The group ${group} still has members: another process of the service consumes. ` +
        `Pause every process of ${group} (POST /admin/consumption/pause), then try again`,
    )
  })
}

/** The offset of the first message that is not older than `since`. */
async function offsetsSince(admin: Admin, topic: string, since: Date) {
  const found = await admin.fetchTopicOffsetsByTimestamp(topic, since.getTime())
  return new Map(found.map(({ partition, offset }) => [partition, offset]))
}

/** The offsets that a group has committed, by `topic/partition`; a partition without one is left out. */
export async function committedOf(
  kafka: Kafka,
  { name, topics }: ConsumerGroup,
): Promise<Map<string, string>> {
  const committed = await withAdmin(kafka, (admin) =>
    admin.fetchOffsets({ groupId: name, topics: [...topics] }),
  )
  return new Map(
    committed.flatMap(({ topic, partitions }) =>
      partitions
        .filter(({ offset }) => offset !== '-1')
        .map(({ partition, offset }): [string, string] => [`${topic}/${partition}`, offset]),
    ),
  )
}

/** The lower of two offsets. */
export const least = (a: string, b: string | undefined) => (b !== undefined && BigInt(b) < BigInt(a) ? b : a)

/** Where a group stands and where it would stand, were it set back to a time. Never ahead. */
export async function movesBack(kafka: Kafka, group: ConsumerGroup, since: Date): Promise<Move[]> {
  const committed = await committedOf(kafka, group)
  return withAdmin(kafka, async (admin) => {
    const moves: Move[] = []
    for (const topic of group.topics) {
      const starts = await offsetsSince(admin, topic, since)
      for (const { partition, low } of await admin.fetchTopicOffsets(topic)) {
        const was = committed.get(`${topic}/${partition}`)
        // Who has committed nothing begins at the beginning anyway.
        moves.push({
          topic,
          partition,
          was,
          offset: was === undefined ? low : least(starts.get(partition) ?? low, was),
        })
      }
    }
    return moves
  })
}

/** How many events come again. */
export const setBack = (moves: readonly Move[]) =>
  moves.reduce(
    (sum, { was, offset }) => sum + (was === undefined ? 0 : Number(BigInt(was) - BigInt(offset))),
    0,
  )

/**
 * Moves a group that has no members: a member of our own joins, commits the offsets of all topics at once and leaves.
 * (The admin client of kafkajs waits five seconds for each topic.)
 */
export async function moveGroup(kafka: Kafka, group: string, moves: readonly Move[]): Promise<void> {
  const topics = [...new Set(moves.map(({ topic }) => topic))]
  const consumer = kafka.consumer({
    groupId: group,
    sessionTimeout: 6000,
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
  })
  await consumer.connect()
  try {
    await consumer.subscribe({ topics })
    const joined = new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.GROUP_JOIN, () => resolve())
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    })
    const running = consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: () => Promise.resolve(),
    })
    // Who reads where there is nothing is set to the end by kafkajs, even after we committed.
    consumer.pause(topics.map((topic) => ({ topic })))
    // Who leaves before it runs stays a member until its session is over.
    await Promise.all([joined, running])
    await consumer.commitOffsets(moves.map(({ topic, partition, offset }) => ({ topic, partition, offset })))
  } finally {
    await consumer.stop()
    await consumer.disconnect()
  }
}
