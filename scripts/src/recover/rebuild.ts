import { emits, topicsHeard, type Recorded, type Service } from '@chorus/chassis'
import { readMessages } from '@chorus/chassis/operate'
import { Fold, projects, readFact, type Fact } from '@chorus/chassis/recovery'
import type { Kafka, KafkaMessage } from 'kafkajs'

/** What was read on the way. */
export interface Account {
  /** Facts of the service itself. */
  folded: number
  /** Events of others that it keeps a replica of. */
  projected: number
  /** Facts that came a second time. */
  repeated: number
  /** Messages that no service can have written. */
  foreign: number
}

/** A service's rows, made from topics alone. */
export interface Rebuilt extends Account {
  fold: Fold
  /** When what the service handled was handled, by the id of the event or command. */
  handled: Map<string, Date>
}

/** Which events and commands had been handled at some moment. */
export interface Visible {
  /** What was told before had. */
  before: Date
  /** Of these ids. */
  among(ids: readonly string[]): Promise<ReadonlySet<string>>
}

export interface RebuildOptions {
  kafka: Kafka
  service: Service
  /** What the rebuilt rows may tell of; without it, of everything. */
  visible?: Visible
  onProgress?(account: Account): void
}

/** Facts that a message holds, and how many messages were none. */
function factsIn(
  topic: string,
  partition: number,
  messages: readonly KafkaMessage[],
  types: ReadonlySet<string>,
) {
  const read = messages.map((message) => readFact(topic, partition, message, types))
  const facts = read.filter((fact): fact is Fact => typeof fact === 'object')
  return { facts, foreign: read.filter((fact) => typeof fact === 'string').length }
}

async function seen(facts: readonly Fact[], nameOf: (event: Recorded) => string, { before, among }: Visible) {
  const recent = facts.filter(({ event }) => event.time >= before)
  const handled =
    recent.length > 0 ? await among(recent.map(({ event }) => nameOf(event))) : new Set<string>()
  return facts.filter(({ event }) => event.time < before || handled.has(nameOf(event)))
}

/** Handles what another service told: once each. */
function project({ fold, handled }: Rebuilt, event: Recorded): boolean {
  if (handled.has(event.id) || !fold.project(event)) return false
  handled.set(event.id, event.time)
  return true
}

/** Reads facts of some types from a topic, those that are to be seen, in the order of each partition. */
async function readFacts(
  { kafka, visible, onProgress }: RebuildOptions,
  rebuilt: Rebuilt,
  topic: string,
  types: ReadonlySet<string>,
  nameOf: (event: Recorded) => string,
  take: (fact: Fact) => void,
): Promise<void> {
  await readMessages(kafka, topic, async (messages, partition) => {
    const { facts, foreign } = factsIn(topic, partition, messages, types)
    for (const fact of visible ? await seen(facts, nameOf, visible) : facts) take(fact)
    rebuilt.foreign += foreign
    onProgress?.(rebuilt)
  })
}

const causeOf = ({ causationId }: Recorded) => causationId
const idOf = ({ id }: Recorded) => id

/**
 * Rebuilds the rows of a service: folds its own topic, then projects what it keeps of others. Nothing is decided,
 * written or sent, and nothing outside is called.
 * @throws Error when the topics cannot be read, or evolving throws
 */
export async function rebuild(options: RebuildOptions): Promise<Rebuilt> {
  const { service } = options
  const fold = new Fold(service)
  const handled = new Map<string, Date>()
  const rebuilt = { fold, handled, folded: 0, projected: 0, repeated: 0, foreign: 0 }
  const own = new Set(emits(service))
  await readFacts(options, rebuilt, `${service.name}.events`, own, causeOf, ({ event, version }) => {
    const known = fold.fact(event, version) === 'KNOWN'
    rebuilt[known ? 'repeated' : 'folded']++
    if (!known) handled.set(event.causationId, event.time)
  })
  const projected = new Set(projects(service))
  const topics = projected.size > 0 ? topicsHeard({ ...service, reactions: [] }) : []
  for (const topic of topics)
    await readFacts(options, rebuilt, topic, projected, idOf, ({ event }) => {
      if (project(rebuilt, event)) rebuilt.projected++
    })
  return rebuilt
}
