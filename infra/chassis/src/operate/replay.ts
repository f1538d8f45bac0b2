import { setTimeout as wait } from 'node:timers/promises'
import type { DeclaredService } from '@chorus/contracts'
import type { Kafka, KafkaMessage } from 'kafkajs'
import { committedOf, groupOf, moveGroup, untilEmpty } from './group.js'
import { headerOf, withTally, type Stretch, type Tally } from './tally.js'
import { readMessages, type From } from './topic-reader.js'

/** What is to be consumed again. */
export interface Wanted {
  from: From
  topic?: string
  /** Only these events matter; with them come the others that stand behind the first in its partition. */
  type?: string
  key?: string
}

/** What a replay comes to. */
export interface Plan {
  stretches: Stretch[]
  /** Calls to the outside that rows of this service can ask for, once what the inbox does not know is handled. */
  effects: readonly string[]
}

const POLL_MS = 100

const isWanted = (message: KafkaMessage, { type, key }: Wanted) =>
  (type === undefined || headerOf(message, 'ce_type') === type) &&
  (key === undefined || String(message.key) === key)

/** The stretches of one topic: of each partition from its first wanted event to where the group stands. */
async function stretchesOf(
  kafka: Kafka,
  tally: Tally,
  topic: string,
  committed: ReadonlyMap<string, string>,
  wanted: Wanted,
) {
  const found = new Map<number, Stretch>()
  await readMessages(
    kafka,
    topic,
    async (messages, partition) => {
      const was = committed.get(`${topic}/${partition}`)
      const again = messages.filter(({ offset }) => was !== undefined && BigInt(offset) < BigInt(was))
      const first = found.has(partition) ? 0 : again.findIndex((message) => isWanted(message, wanted))
      if (first < 0 || again.length === 0) return
      const { offset } = again[first]!
      const stretch = found.get(partition) ?? { topic, partition, was, offset, counted: [] }
      found.set(partition, stretch)
      await tally.add(stretch, again.slice(first))
    },
    wanted.from,
  )
  return [...found.values()].sort((a, b) => a.partition - b.partition)
}

/**
 * Looks what a replay would bring again. Changes nothing.
 * @param url of the service's database
 */
export async function planReplay(
  kafka: Kafka,
  service: DeclaredService,
  url: string,
  wanted: Wanted,
): Promise<Plan> {
  const group = groupOf(service)
  const committed = await committedOf(kafka, group)
  const stretches = await withTally(url, service, async (tally) => {
    const all: Stretch[] = []
    for (const topic of group.topics)
      if (wanted.topic === undefined || wanted.topic === topic)
        all.push(...(await stretchesOf(kafka, tally, topic, committed, wanted)))
    return all
  })
  return { stretches, effects: service.effects }
}

/** Counts the same stretches anew. */
async function countAgain(
  kafka: Kafka,
  service: DeclaredService,
  url: string,
  stretches: readonly Stretch[],
): Promise<Stretch[]> {
  const again = stretches.map((stretch): Stretch => ({ ...stretch, counted: [] }))
  const starts = new Map(again.map(({ topic, offset }) => [topic, BigInt(offset)]))
  for (const { topic, offset } of again)
    if (BigInt(offset) < starts.get(topic)!) starts.set(topic, BigInt(offset))
  await withTally(url, service, async (tally) => {
    for (const [topic, start] of starts)
      await readMessages(
        kafka,
        topic,
        async (messages, partition) => {
          const stretch = again.find((one) => one.topic === topic && one.partition === partition)
          if (!stretch) return
          const [from, to] = [BigInt(stretch.offset), BigInt(stretch.was ?? 0)]
          const own = messages.filter(({ offset }) => BigInt(offset) >= from && BigInt(offset) < to)
          await tally.add(stretch, own)
        },
        start,
      )
  })
  return again
}

export interface ReplayOptions {
  kafka: Kafka
  service: DeclaredService
  /** Of the service's database. */
  url: string
  /** Takes the service out of its consumer group; requests are still answered. */
  pause(): Promise<void>
  /** Lets it consume again. */
  resume(): Promise<void>
  /** Told how many events are still to come. */
  onProgress?(left: number): void
}

/**
 * Takes the service out of its group, sets the group back, lets it in again and follows it to where it stood.
 * @returns the same stretches as the inbox knows them afterwards: what it still does not know was set aside
 * @throws GroupInUse when another process of the service consumes; nothing was moved then
 */
export async function runReplay(options: ReplayOptions, stretches: readonly Stretch[]): Promise<Stretch[]> {
  const { kafka, service, url, pause, resume, onProgress } = options
  if (stretches.length === 0) return []
  const group = groupOf(service)
  await pause()
  try {
    await untilEmpty(kafka, group.name)
    await moveGroup(kafka, group.name, stretches)
  } finally {
    await resume()
  }
  for (let left = Infinity; left > 0; await wait(POLL_MS)) {
    const at = await committedOf(kafka, group)
    left = stretches.reduce((sum, { topic, partition, was, offset }) => {
      const missing = BigInt(was ?? 0) - BigInt(at.get(`${topic}/${partition}`) ?? offset)
      return sum + Math.max(0, Number(missing))
    }, 0)
    onProgress?.(left)
  }
  return countAgain(kafka, service, url, stretches)
}
