import { withAdmin } from '@chorus/chassis/operate'
import { together, type Look } from './finding.js'
import { topicsOf, type Check, type Scope } from './scope.js'

const lookAt = (what: readonly { id: string; broken: boolean }[]): Look => {
  const ids = what.filter(({ broken }) => broken).map(({ id }) => id)
  return { looked: what.length, broken: ids.length, ids }
}

async function lagOf({ kafka }: Scope, group: string): Promise<Look> {
  const topics = topicsOf(group)
  if (topics.length === 0) return together([])
  return withAdmin(kafka, async (admin) => {
    const committed = await admin.fetchOffsets({ groupId: group, topics })
    const ends = await Promise.all(topics.map((topic) => admin.fetchTopicOffsets(topic)))
    const partitions = topics.flatMap((topic, i) =>
      ends[i]!.map(({ partition, high, low }) => {
        const at = committed
          .find((one) => one.topic === topic)
          ?.partitions.find((one) => one.partition === partition)?.offset
        const next = at === undefined || at === '-1' ? low : at
        return { id: `${group} ${topic}/${partition}`, broken: BigInt(next) < BigInt(high) }
      }),
    )
    return lookAt(partitions)
  })
}

async function deliveredBy({ databases, kafka }: Scope, service: string): Promise<Look> {
  const [rows] = await databases.query<{ n: number }>(service, 'SELECT count(*)::int AS n FROM outbox')
  const ends = await withAdmin(kafka, (admin) => admin.fetchTopicOffsets(`${service}.events`))
  const there = ends.reduce((sum, { high }) => sum + Number(high), 0)
  return lookAt([{ id: `${service}.events`, broken: there < rows!.n }])
}

/** Every outbox row has had its chance to be a message. */
export const published: Check = {
  invariant: 16,
  what: 'every topic is at least as long as its outbox',
  look: async (scope) =>
    together(await Promise.all(scope.databases.services.map((service) => deliveredBy(scope, service)))),
}

/** Nothing waits to be consumed. */
export const consumed: Check = {
  invariant: 16,
  what: 'every service has consumed its topics to their ends',
  look: async (scope) =>
    together(await Promise.all(scope.databases.services.map((service) => lagOf(scope, service)))),
}

/** Every outbox is read. */
export const captured: Check = {
  invariant: 16,
  what: 'every replication slot is in use and has lost nothing',
  async look({ databases }) {
    const looks = databases.services.map(async (service) => {
      const rows = await databases.query<{ id: string; broken: boolean }>(
        service,
        `SELECT slot_name AS id, NOT active OR coalesce(wal_status = 'lost', false) AS broken
             FROM pg_replication_slots WHERE database = current_database()`,
      )
      return lookAt(rows.length > 0 ? rows : [{ id: `no slot of ${service}`, broken: true }])
    })
    return together(await Promise.all(looks))
  },
}

/** Nothing is parked, and nothing waits for a decision. */
export const nothingAside: Check = {
  invariant: 16,
  what: 'nothing is set aside',
  async look({ databases }) {
    const looks = databases.services.map((service) =>
      databases.within(
        service,
        'SELECT count(*) FROM dead_letters',
        `SELECT concat_ws(' ', '${service}', topic || '/' || partition || '/' || "offset", reason, type, detail) AS id
           FROM dead_letters`,
      ),
    )
    return together(await Promise.all(looks))
  },
}

/** 16: nothing is on the way any more, and nothing was set aside. */
export const restChecks: Check[] = [captured, published, consumed, nothingAside]
