import { setTimeout as wait } from 'node:timers/promises'
import { topicsHeard, type Service } from '@chorus/chassis'
import type { Kafka, KafkaMessage } from 'kafkajs'
import pg from 'pg'
import { readMessages, type From } from '../topic-reader.js'
import { committedOf, moveGroup, untilEmpty, type Move } from './group.js'

/** What is to be consumed again. */
export interface Wanted {
  from: From
  topic?: string
  /** Only these events matter; with them come the others that stand behind the first in its partition. */
  type?: string
  key?: string
}

/** Events of one type and version in a stretch of a partition. */
export interface Counted {
  type: string
  version: string
  events: number
  /** Of these the inbox knows: they are skipped. */
  known: number
}

/** What comes again of one partition. */
export interface Stretch extends Move {
  counted: Counted[]
}

/** What a replay comes to. */
export interface Plan {
  stretches: Stretch[]
  /** Calls to the outside that rows of this service can ask for, once what the inbox does not know is handled. */
  effects: string[]
}

const POLL_MS = 100
const header = ({ headers }: KafkaMessage, name: string) => String(headers?.[name] ?? '')
const versionOf = (message: KafkaMessage) => header(message, 'ce_dataschema').split(':').at(-1) || '?'

const isWanted = (message: KafkaMessage, { type, key }: Wanted) =>
  (type === undefined || header(message, 'ce_type') === type) &&
  (key === undefined || String(message.key) === key)

async function knownIn(client: pg.Client, messages: readonly KafkaMessage[]): Promise<ReadonlySet<string>> {
  const ids = messages.map((message) => header(message, 'ce_id'))
  // As text: what is no id is not known, and no error either.
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM inbox WHERE id = ANY (SELECT w::uuid FROM unnest($1::text[]) w WHERE pg_input_is_valid(w, 'uuid'))`,
    [ids],
  )
  return new Set(rows.map(({ id }) => id))
}

function count(stretch: Stretch, messages: readonly KafkaMessage[], known: ReadonlySet<string>): void {
  for (const message of messages) {
    const [type, version] = [header(message, 'ce_type'), versionOf(message)]
    let counted = stretch.counted.find((one) => one.type === type && one.version === version)
    if (!counted) stretch.counted.push((counted = { type, version, events: 0, known: 0 }))
    counted.events++
    if (known.has(header(message, 'ce_id'))) counted.known++
  }
}

/** The stretches of one topic: of each partition from its first wanted event to where the group stands. */
async function stretchesOf(
  kafka: Kafka,
  client: pg.Client,
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
      const stretch = found.get(partition) ?? {
        topic,
        partition,
        was,
        offset: again[first]!.offset,
        counted: [],
      }
      found.set(partition, stretch)
      const coming = again.slice(first)
      count(stretch, coming, await knownIn(client, coming))
    },
    wanted.from,
  )
  return [...found.values()].sort((a, b) => a.partition - b.partition)
}

/** Looks what a replay would bring again. Changes nothing. @param url of the service's database */
export async function planReplay(kafka: Kafka, service: Service, url: string, wanted: Wanted): Promise<Plan> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const committed = await committedOf(kafka, service)
    const stretches: Stretch[] = []
    for (const topic of topicsHeard(service))
      if (wanted.topic === undefined || wanted.topic === topic)
        stretches.push(...(await stretchesOf(kafka, client, topic, committed, wanted)))
    return { stretches, effects: (service.effects ?? []).map(({ name }) => name) }
  } finally {
    await client.end()
  }
}

export interface ReplayOptions {
  kafka: Kafka
  service: Service
  pause(): Promise<void>
  resume(): Promise<void>
  /** Told how many events are still to come. */
  onProgress?(left: number): void
}

/** Takes the service out of its group, sets the group back, lets it in again and follows it to where it stood. */
export async function runReplay(options: ReplayOptions, stretches: readonly Stretch[]): Promise<void> {
  const { kafka, service, pause, resume, onProgress } = options
  await pause()
  try {
    await untilEmpty(kafka, service.name)
    await moveGroup(kafka, service.name, stretches)
  } finally {
    await resume()
  }
  for (let left = Infinity; left > 0; await wait(POLL_MS)) {
    const at = await committedOf(kafka, service)
    left = stretches.reduce((sum, { topic, partition, was, offset }) => {
      const missing = BigInt(was ?? 0) - BigInt(at.get(`${topic}/${partition}`) ?? offset)
      return sum + Math.max(0, Number(missing))
    }, 0)
    onProgress?.(left)
  }
}
