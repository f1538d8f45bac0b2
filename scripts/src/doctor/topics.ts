import { setTimeout as pause } from 'node:timers/promises'
import { topicsOf } from '../audit/scope.js'
import { ofEach, redriveOf, type Check, type Patient, type Trouble } from './patient.js'

/** Events are kept for ever: services are rebuilt from them. */
const KEPT = { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' }
/** kafkajs: the type of a topic in requests about settings. */
const TOPIC = 2

async function settingTroubles({ admin }: Patient, topic: string): Promise<string[]> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: TOPIC, name: topic, configNames: Object.keys(KEPT) }],
  })
  return Object.entries(KEPT).flatMap(([name, wanted]) => {
    const actual = resources[0]?.configEntries.find(({ configName }) => configName === name)?.configValue
    return actual === wanted ? [] : [`${name}=${wanted}, and not ${actual}`]
  })
}

interface Position {
  place: string
  committed: bigint | undefined
  low: bigint
  high: bigint
}

async function positionsOf({ admin }: Patient, group: string): Promise<Position[]> {
  const known = new Set(await admin.listTopics())
  const topics = topicsOf(group).filter((topic) => known.has(topic))
  if (topics.length === 0) return []
  const committed = await admin.fetchOffsets({ groupId: group, topics })
  const positions = topics.map(async (topic) => {
    const partitions = committed.find((one) => one.topic === topic)?.partitions ?? []
    return (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }): Position => {
      const offset = partitions.find((one) => one.partition === partition)?.offset ?? '-1'
      const place = `${topic}/${partition}`
      return {
        place,
        committed: offset === '-1' ? undefined : BigInt(offset),
        low: BigInt(low),
        high: BigInt(high),
      }
    })
  })
  return (await Promise.all(positions)).flat()
}

const behind = ({ committed, low, high }: Position) => (committed ?? low) < high

/** Partitions with something to consume from which nothing was consumed for a while. */
async function stuckPartitions(patient: Patient, service: string): Promise<string[]> {
  const before = (await positionsOf(patient, service)).filter(behind)
  if (before.length === 0) return []
  await pause(patient.stuckMs)
  const after = await positionsOf(patient, service)
  return before.flatMap(({ place, committed }) => {
    const now = after.find((one) => one.place === place)
    return now && behind(now) && now.committed === committed ? [place] : []
  })
}

async function rangeTroubles(patient: Patient, service: string): Promise<Trouble[]> {
  const wrong = (await positionsOf(patient, service)).filter(
    ({ committed, low, high }) => committed !== undefined && (committed < low || committed > high),
  )
  return wrong.map(({ place, committed, low, high }) => ({
    part: service,
    what: `its offset ${committed} in ${place} is outside of ${low} to ${high}`,
    mend: 'npx chorus down; npx chorus up: it consumes from the beginning again, and the inbox drops what it knows',
  }))
}

/** The topics, and those who consume them. */
export const topicChecks: Check[] = [
  {
    name: 'every topic is there, and keeps its events for ever',
    async look(patient) {
      const known = new Set(await patient.admin.listTopics())
      return ofEach(patient, async (service) => {
        const own = [`${service}.events`, `__debezium-heartbeat.${service}`]
        const missing = own.filter((topic) => !known.has(topic))
        if (missing.length > 0)
          return missing.map((topic) => ({
            part: service,
            what: `the topic ${topic} is missing`,
            mend: redriveOf(service),
          }))
        return (await settingTroubles(patient, own[0]!)).map((wanted) => ({
          part: service,
          what: `the topic ${own[0]} should have ${wanted}`,
          mend: redriveOf(service),
        }))
      })
    },
  },
  {
    name: 'every service consumes what is there for it',
    look: (patient) =>
      ofEach(patient, async (service) => {
        const places = await stuckPartitions(patient, service)
        if (places.length === 0) return []
        const what = `it has consumed nothing for ${patient.stuckMs / 1000} s, though there is something in ${places.join(', ')}`
        return [
          {
            part: service,
            what,
            mend: `npx chorus logs ${service}; kill -9 ${patient.run.parts[service]?.pid}`,
          },
        ]
      }),
  },
  {
    name: 'every offset is within its topic',
    look: (patient) => ofEach(patient, (s) => rangeTroubles(patient, s)),
  },
]
