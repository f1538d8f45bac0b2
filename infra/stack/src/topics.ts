import kafkajs, { type Admin, type ITopicConfig } from 'kafkajs'

/** The topics of a service. */
export function topicsOf(service: string, partitions: number): ITopicConfig[] {
  return [
    {
      topic: `${service}.events`,
      numPartitions: partitions,
      replicationFactor: 1,
      // events are the truth that services are rebuilt from: they are kept for ever
      configEntries: config({ 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' }),
    },
    {
      topic: heartbeatTopicOf(service),
      numPartitions: 1,
      replicationFactor: 1,
      configEntries: shortLived(),
    },
  ]
}

function shortLived() {
  return config({ 'cleanup.policy': 'delete', 'retention.ms': '3600000', 'segment.bytes': '1048576' })
}

function config(values: Record<string, string>): { name: string; value: string }[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }))
}

/** Where the canaries of all services go: events that only show that events come through. */
export const canaryTopic: ITopicConfig = {
  topic: '__canary.events',
  numPartitions: 1,
  replicationFactor: 1,
  configEntries: shortLived(),
}

/** Where Debezium writes the heartbeats of a service. */
export function heartbeatTopicOf(service: string): string {
  return `__debezium-heartbeat.${service}`
}

/** kafkajs: the type of a topic in requests about settings. */
const topicResource = 2

const namesOf = ({ configEntries = [] }: ITopicConfig) => configEntries.map(({ name }) => name)

/** Puts the settings of topics right. @returns a sentence for each that was wrong */
async function mendSettings(admin: Admin, configs: readonly ITopicConfig[]): Promise<string[]> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: configs.map((one) => ({ type: topicResource, name: one.topic, configNames: namesOf(one) })),
  })
  const remarks: string[] = []
  for (const { topic, configEntries = [] } of configs) {
    const entries = resources.find(({ resourceName }) => resourceName === topic)?.configEntries ?? []
    const actual = new Map(entries.map((one) => [one.configName, one.configValue]))
    const wrong = configEntries.filter(({ name, value }) => actual.get(name) !== value)
    if (wrong.length === 0) continue
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: topicResource, name: topic, configEntries }],
    })
    const had = wrong.map(({ name }) => `${name}=${actual.get(name)}`).join(', ')
    remarks.push(`topic ${topic} had ${had}: put right`)
  }
  return remarks
}

/**
 * Makes the topics of the services where they are missing, and puts their settings right.
 * @returns a sentence for each topic whose settings were wrong, and for each that has another number of partitions;
 * that is left as it is.
 */
export async function provisionTopics(
  broker: string,
  services: readonly string[],
  partitions: number,
): Promise<string[]> {
  const wanted = [canaryTopic, ...services.flatMap((service) => topicsOf(service, partitions))]
  return await withAdmin(broker, async (admin) => {
    const known = new Set(await admin.listTopics())
    const missing = wanted.filter(({ topic }) => !known.has(topic))
    if (missing.length > 0)
      await admin.createTopics({ topics: missing, waitForLeaders: true, timeout: 30_000 })
    const there = wanted.filter(({ topic }) => known.has(topic))
    if (there.length === 0) return []
    const { topics } = await admin.fetchTopicMetadata({ topics: there.map(({ topic }) => topic) })
    const remarks = there.flatMap(({ topic, numPartitions }) => {
      const actual = topics.find(({ name }) => name === topic)?.partitions.length
      return actual === numPartitions
        ? []
        : [`topic ${topic} has ${actual} partitions, not ${numPartitions}: left as it is`]
    })
    return [...remarks, ...(await mendSettings(admin, there))]
  })
}

/** The last offset of each service's heartbeats: while it grows, its connector delivers. */
export async function heartbeatOffsets(
  broker: string,
  services: readonly string[],
): Promise<Map<string, bigint>> {
  return await withAdmin(broker, async (admin) => {
    const offsets = new Map<string, bigint>()
    for (const service of services) {
      const [partition] = await admin.fetchTopicOffsets(heartbeatTopicOf(service))
      if (partition) offsets.set(service, BigInt(partition.high))
    }
    return offsets
  })
}

/** Runs `work` with an admin session and closes it, whatever happens. Fails at once when nobody answers. */
export async function withAdmin<T>(broker: string, work: (admin: Admin) => Promise<T>): Promise<T> {
  const client = new kafkajs.Kafka({
    clientId: 'chorus-stack',
    brokers: [broker],
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: 2_000,
    retry: { retries: 0 },
  })
  const admin = client.admin()
  try {
    await admin.connect()
    return await work(admin)
  } finally {
    await admin.disconnect().catch(() => {})
  }
}
