import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs'
import { setTimeout as pause } from 'node:timers/promises'
import { messageOf } from './cloud-events.js'
import type { Message } from './dead-letters.js'
import type { Log } from './log.js'
import { Pace } from './pace.js'

export interface ConsumerOptions {
  kafka: Kafka
  /** One group a service, never one a rule. */
  group: string
  topics: readonly string[]
  /** A member that was killed holds its partitions until its session is over: this is how long others wait, ms. */
  sessionMs: number
  /** Event types to take; without them all. What is marked as another event is passed over unread. */
  types?: ReadonlySet<string>
  /**
   * Takes messages of one partition, in order; resolves once what they led to is committed, with true when their
   * offset should be sent to the broker at once.
   */
  take(messages: readonly Message[]): Promise<unknown>
  log: Log
  /** Told when the consumer cannot go on: the process must be started anew. */
  onFatal(error: Error): void
}

/** Thrown by what takes messages when only a new process can go on: kafkajs would try for ever. */
export class CannotGoOn extends Error {}

/** A running consumer. */
export interface RunningConsumer {
  /** True once the group gave it its partitions. */
  joined(): boolean
  /** Finishes the batches at hand, commits their offsets, leaves the group. */
  stop(): Promise<void>
}

const COMMIT_EVERY_MS = 500
/** Every event wakes up everybody who hears its topic, and a fetch that brings one costs what one that brings forty does. */
const FETCHES = { calmPerSecond: 300, worth: 40, longestGapMs: 20 }
/** A session outlives some heartbeats that come late. */
const HEARTBEATS_A_SESSION = 4

const heartbeatMs = (sessionMs: number) => sessionMs / HEARTBEATS_A_SESSION

/** Offsets whose work is committed in the database, sent to the broker now and then: what is lost is done twice, and dropped. */
class OffsetCommitter {
  private readonly next = new Map<string, { topic: string; partition: number; offset: string }>()
  private readonly timer: NodeJS.Timeout

  constructor(
    private readonly consumer: Consumer,
    private readonly log: Log,
  ) {
    this.timer = setInterval(() => void this.flush(), COMMIT_EVERY_MS)
  }

  done(topic: string, partition: number, lastOffset: string): void {
    this.next.set(`${topic}/${partition}`, { topic, partition, offset: String(BigInt(lastOffset) + 1n) })
  }

  /** Forgets what was done before a rebalance: another member may own those partitions now. */
  forget(): void {
    this.next.clear()
  }

  async flush(): Promise<void> {
    const offsets = [...this.next.values()]
    if (offsets.length === 0) return
    this.next.clear()
    try {
      await this.consumer.commitOffsets(offsets)
    } catch (error) {
      this.log.warn({ err: error }, 'offsets were not committed; some events will come again and be dropped')
    }
  }

  async close(): Promise<void> {
    clearInterval(this.timer)
    await this.flush()
  }
}

const isWanted = ({ headers }: KafkaMessage, types: ReadonlySet<string> | undefined): boolean =>
  types === undefined || typeof headers?.ce_type !== 'string' || types.has(headers.ce_type)

/** Hands a batch over and waits for the commits, keeping the group membership alive meanwhile. */
async function handle(
  payload: EachBatchPayload,
  options: ConsumerOptions,
  offsets: OffsetCommitter,
  fetches: Pace,
): Promise<void> {
  fetches.begins(payload.batch.messages.length, performance.now())
  const { batch, heartbeat, isRunning, isStale, resolveOffset } = payload
  let lost: Error | undefined
  let careful: unknown
  const beat = setInterval(() => {
    heartbeat().catch((error: Error) => {
      lost = error
    })
  }, heartbeatMs(options.sessionMs))
  try {
    const wanted = batch.messages.filter((raw) => isWanted(raw, options.types))
    careful = await options.take(wanted.map((raw) => messageOf(batch.topic, batch.partition, raw)))
  } catch (error) {
    if (error instanceof CannotGoOn) options.onFatal(error)
    throw error
  } finally {
    clearInterval(beat)
  }
  if (lost) throw lost
  if (!isRunning() || isStale()) return
  resolveOffset(batch.lastOffset())
  offsets.done(batch.topic, batch.partition, batch.lastOffset())
  if (careful === true) await offsets.flush()
  // The next fetch begins when all batches of this one are done.
  const restMs = fetches.restMs(0, performance.now())
  if (restMs >= 1) await pause(restMs)
}

/** Starts consuming from the group's offsets; a new group starts at the beginning of its topics. */
export async function startConsumer(options: ConsumerOptions): Promise<RunningConsumer> {
  const { kafka, group, topics, sessionMs, log, onFatal } = options
  const consumer = kafka.consumer({
    groupId: group,
    sessionTimeout: sessionMs,
    heartbeatInterval: heartbeatMs(sessionMs),
    rebalanceTimeout: 15_000,
    maxWaitTimeInMs: 500,
    minBytes: 1,
    allowAutoTopicCreation: false,
  })
  let joined = false
  const offsets = new OffsetCommitter(consumer, log)
  const fetches = new Pace(FETCHES)
  consumer.on(consumer.events.GROUP_JOIN, () => {
    joined = true
    offsets.forget()
  })
  // A crash that kafkajs does not come back from leaves the process alive and deaf.
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) onFatal(payload.error)
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [...topics], fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: 64,
    eachBatch: (payload) => handle(payload, options, offsets, fetches),
  })
  return {
    joined: () => joined,
    stop: async () => {
      consumer.pause(topics.map((topic) => ({ topic })))
      await offsets.close()
      await consumer.stop()
      await consumer.disconnect()
    },
  }
}
