import { setTimeout as pause } from 'node:timers/promises'
import { newId } from '@chorus/chassis'
import type { RunFile } from '@chorus/stack'
import type { EachBatchPayload, Kafka, Producer } from 'kafkajs'
import { kafkaOf } from '../kafka.js'
import { Meddler, type Meddled, type Meddling, type Sending } from './meddler.js'

const AGAIN_MS = 200
const SEND_PATIENCE_MS = 30_000

const place = (topic: string, partition: number, offset: bigint) => `${topic}/${partition}/${offset}`

/** Sends messages in their order. @returns the places where they stand now */
async function send(producer: Producer, sending: readonly Sending[]): Promise<string[]> {
  const topicMessages = [...new Set(sending.map(({ topic }) => topic))].map((topic) => ({
    topic,
    messages: sending
      .filter((one) => one.topic === topic)
      .map(({ partition, message }) => ({ ...message, partition })),
  }))
  const metadata = await producer.sendBatch({ topicMessages })
  return metadata.flatMap(({ topicName, partition, baseOffset }) => {
    const own = sending.filter((one) => one.topic === topicName && one.partition === partition)
    return own.map((_, i) => place(topicName, partition, BigInt(baseOffset ?? 0) + BigInt(i)))
  })
}

type Take = (payload: EachBatchPayload) => Promise<void>

/**
 * Follows topics from now on. A broker that goes away ends a consumer; another one goes on then. kafkajs is kept from
 * starting it anew by itself, because it would do so after it was told to leave, too.
 */
class Follower {
  private readonly leaving = new AbortController()
  private following: Promise<void> | undefined

  constructor(
    private readonly kafka: Kafka,
    private readonly topics: readonly string[],
    private readonly take: Take,
  ) {}

  /** Settles once it reads. */
  begin(): Promise<void> {
    return new Promise((began) => {
      this.following = this.follow(began)
    })
  }

  async leave(): Promise<void> {
    this.leaving.abort()
    await this.following
  }

  private async follow(began: () => void): Promise<void> {
    while (!this.leaving.signal.aborted) await this.once(began).catch(() => pause(AGAIN_MS))
  }

  private async once(began: () => void): Promise<void> {
    const consumer = this.kafka.consumer({
      groupId: `chorus-chaos-${newId()}`,
      maxWaitTimeInMs: 100,
      allowAutoTopicCreation: false,
      retry: { retries: 3, restartOnFailure: () => Promise.resolve(false) },
    })
    const over = new Promise<void>((resolve) => {
      consumer.on(consumer.events.CRASH, () => resolve())
      this.leaving.signal.addEventListener('abort', () => resolve())
    })
    consumer.on(consumer.events.FETCH, began)
    try {
      await consumer.connect()
      await consumer.subscribe({ topics: [...this.topics] })
      await consumer.run({ autoCommit: false, eachBatch: this.take })
      await over
    } finally {
      await consumer.disconnect().catch(() => {})
    }
  }
}

/** Tries again while the broker is away. @throws Error of the last try */
async function atLast<T>(work: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + SEND_PATIENCE_MS; ; await pause(AGAIN_MS)) {
    try {
      return await work()
    } catch (error) {
      if (Date.now() > end) throw error
    }
  }
}

/**
 * Begins to send copies and poison after what comes to the event topics from now on.
 * @returns a function that sends what was held back, ends it, and says what was sent
 */
export async function startMeddling(
  run: RunFile,
  seed: number,
  shares: Meddling,
): Promise<() => Promise<Meddled>> {
  const kafka = kafkaOf(run, 'chorus-chaos')
  const producer = kafka.producer({ allowAutoTopicCreation: false, retry: { retries: 3 } })
  const meddler = new Meddler(seed, shares)
  // Its own messages come back to it.
  const own = new Set<string>()
  const sendAll = async (sending: readonly Sending[]) => {
    if (sending.length === 0) return
    for (const at of await send(producer, sending)) own.add(at)
    meddler.sent(sending)
  }
  await producer.connect()
  const follower = new Follower(
    kafka,
    run.services.map((service) => `${service}.events`),
    async ({ batch: { topic, partition, messages } }) => {
      const news = messages.filter(({ offset }) => !own.delete(place(topic, partition, BigInt(offset))))
      const placed = news.map(({ key, value, headers = {} }) => ({ key, value, headers }))
      await sendAll(meddler.after(placed.map((message) => ({ topic, partition, message }))))
    },
  )
  await follower.begin()
  return async () => {
    await follower.leave()
    const rest = meddler.rest()
    await atLast(() => sendAll(rest))
    await producer.disconnect()
    return meddler.meddled
  }
}
