import type { Admin, Kafka } from 'kafkajs'
import { Gauge, type Registry } from 'prom-client'
import type { Log } from './log.js'
import { whenAsked } from './when-asked.js'

interface Lag {
  topic: string
  partition: number
  messages: number
}

async function lagsOf(admin: Admin, groupId: string, topic: string): Promise<Lag[]> {
  const [ends, [committed]] = await Promise.all([
    admin.fetchTopicOffsets(topic),
    admin.fetchOffsets({ groupId, topics: [topic] }),
  ])
  const next = new Map(committed?.partitions.map(({ partition, offset }) => [partition, Number(offset)]))
  return ends.map(({ partition, low, high }) => {
    const at = next.get(partition) ?? -1
    return { topic, partition, messages: Math.max(0, Number(high) - (at < 0 ? Number(low) : at)) }
  })
}

/**
 * Measures how much a consumer group has still to handle, whenever somebody asks; connects then.
 * @returns a function that disconnects
 */
export function measureLag(
  registry: Registry,
  kafka: Kafka,
  { group, topics }: { group: string; topics: readonly string[] },
  log: Log,
): () => Promise<void> {
  const admin = kafka.admin({ retry: { retries: 0 } })
  let connected: Promise<void> | undefined
  const measure = async () => {
    try {
      await (connected ??= admin.connect())
      return (await Promise.all(topics.map((topic) => lagsOf(admin, group, topic)))).flat()
    } catch (error) {
      connected = undefined
      await admin.disconnect()
      throw error
    }
  }
  const gauge: Gauge = new Gauge({
    name: 'kafka_consumergroup_lag',
    help: 'Messages that the consumer group has still to handle',
    labelNames: ['consumergroup', 'topic', 'partition'],
    registers: [registry],
    collect: whenAsked('the lag', measure, note, log),
  })
  function note(lags: readonly Lag[] = []): void {
    gauge.reset()
    for (const { topic, partition, messages } of lags)
      gauge.set({ consumergroup: group, topic, partition }, messages)
  }
  return () => admin.disconnect()
}
