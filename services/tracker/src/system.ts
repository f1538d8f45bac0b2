import type { Topology } from '@chorus/contracts'
import type { Admin, Kafka } from 'kafkajs'
import type { Aside } from './flow/index.js'

/** How one service is, as far as can be seen from outside. */
export interface ServiceHealth {
  name: string
  /** True when it says that it is ready. */
  answers: boolean
  /** Messages that it has still to hear. */
  lag?: number
  /** Events on its topic. */
  events?: number
  /** Events that it emits a second, since the look before. */
  perSecond?: number
  /** State of its connector's task. */
  task?: string
  /** Messages that it set aside since it started. */
  setAside?: number
}

export interface SystemOptions {
  kafka: Kafka
  /** Addresses of the services by name. */
  urls: Readonly<Record<string, string>>
  connectUrl: string | undefined
  topology: Topology
}

/** Looks at the running system when it is asked, and at most once a second. */
export interface System {
  look(): Promise<ServiceHealth[]>
  /**
   * Asks a service what it set aside of one order.
   * @param authorization of whoever asks, an admin
   * @returns undefined when there is nothing, or no answer
   */
  setAside(service: string, orderId: string, authorization: string): Promise<Aside | undefined>
}

const FRESH_MS = 1000
const PATIENCE_MS = 700
const ASIDE = /^chorus_inputs_total\{[^}]*outcome="aside"[^}]*\} (\d+)/m

const get = (url: string, headers: Record<string, string> = {}) =>
  fetch(url, { headers, signal: AbortSignal.timeout(PATIENCE_MS) })

async function answers(url: string): Promise<boolean> {
  try {
    return (await get(`${url}/readyz`)).ok
  } catch {
    return false
  }
}

/** What is not known is left out. */
async function known<Name extends string, Value>(
  name: Name,
  ask: () => Promise<Value | undefined>,
): Promise<{ [K in Name]?: Value }> {
  try {
    const value = await ask()
    return value === undefined ? {} : ({ [name]: value } as { [K in Name]?: Value })
  } catch {
    return {}
  }
}

async function taskOf(connectUrl: string, service: string): Promise<string | undefined> {
  const { tasks } = (await (await get(`${connectUrl}/connectors/${service}-outbox/status`)).json()) as {
    tasks?: { state: string }[]
  }
  return tasks?.[0]?.state ?? 'NONE'
}

interface Letters {
  items: { type: string | null; state: string; reason: string; detail: string | null }[]
}

async function deadLetterOf(url: string, key: string, authorization: string): Promise<Aside | undefined> {
  const { items } = await get(`${url}/admin/dead-letters?key=${key}`, { authorization }).then(
    (answer) => answer.json() as Promise<Letters>,
  )
  const dead = items.find(({ state }) => state === 'DEAD')
  return dead && { key, type: dead.type ?? 'a message', reason: dead.reason, detail: dead.detail ?? '' }
}

/** The ends of the topics, by topic and partition. */
type Ends = Map<string, Map<number, bigint>>

async function endsOf(admin: Admin, topics: readonly string[]): Promise<Ends> {
  const ends = await Promise.all(
    topics.map(async (topic): Promise<[string, Map<number, bigint>]> => [
      topic,
      new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, BigInt(high)])),
    ]),
  )
  return new Map(ends)
}

const total = (ends: Ends, topic: string) =>
  Number([...(ends.get(topic)?.values() ?? [])].reduce((sum, high) => sum + high, 0n))

async function lagOf(admin: Admin, ends: Ends, groupId: string, topics: string[]): Promise<number> {
  const heard = await admin.fetchOffsets({ groupId, topics })
  const lags = heard.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, offset }) => {
      const done = BigInt(offset)
      return Number((ends.get(topic)?.get(partition) ?? 0n) - (done < 0n ? 0n : done))
    }),
  )
  return lags.reduce((sum, lag) => sum + Math.max(0, lag), 0)
}

/** Looks again at what was looked at a moment ago, so that many viewers cost as much as one. */
class Looks implements System {
  private admin: Promise<Admin> | undefined
  private latest: { atMs: number; health: Promise<ServiceHealth[]> } | undefined
  private before: { atMs: number; ends: Ends } | undefined

  constructor(private readonly options: SystemOptions) {}

  look(): Promise<ServiceHealth[]> {
    if (!this.latest || Date.now() - this.latest.atMs > FRESH_MS) {
      this.latest = { atMs: Date.now(), health: this.ask() }
    }
    return this.latest.health
  }

  async setAside(service: string, orderId: string, authorization: string): Promise<Aside | undefined> {
    const url = this.options.urls[service]
    if (url === undefined) return undefined
    const { aside } = await known('aside', () => deadLetterOf(url, orderId, authorization))
    return aside
  }

  private async ask(): Promise<ServiceHealth[]> {
    const { services } = this.options.topology
    const { ends } = await known('ends', () => this.ends())
    const before = this.before
    const atMs = Date.now()
    if (ends) this.before = { atMs, ends }
    return Promise.all(
      services.map(async ({ name, hears }) => ({
        name,
        ...(await this.outside(name)),
        ...(ends && (await this.onKafka(name, Object.keys(hears), ends))),
        ...(ends && before && { perSecond: rate(before, { atMs, ends }, `${name}.events`) }),
      })),
    )
  }

  private async outside(name: string) {
    const { urls, connectUrl } = this.options
    const url = urls[name]
    const [up, task, setAside] = await Promise.all([
      url === undefined ? false : answers(url),
      known('task', async () => (connectUrl === undefined ? undefined : taskOf(connectUrl, name))),
      known('setAside', async () =>
        url === undefined
          ? undefined
          : Number(ASIDE.exec(await (await get(`${url}/metrics`)).text())?.[1] ?? 0),
      ),
    ])
    return { answers: up, ...task, ...setAside }
  }

  private async onKafka(name: string, heard: readonly string[], ends: Ends) {
    const producers = this.options.topology.services.filter(({ emits }) =>
      emits.some((type) => heard.includes(type)),
    )
    const lag = await known('lag', async () =>
      lagOf(
        await this.connected(),
        ends,
        name,
        producers.map((producer) => `${producer.name}.events`),
      ),
    )
    return { ...lag, events: total(ends, `${name}.events`) }
  }

  private async ends(): Promise<Ends> {
    try {
      const topics = this.options.topology.services.map(({ name }) => `${name}.events`)
      return await endsOf(await this.connected(), topics)
    } catch (error) {
      this.admin = undefined
      throw error
    }
  }

  private connected(): Promise<Admin> {
    const admin = this.options.kafka.admin({ retry: { retries: 0 } })
    this.admin ??= admin.connect().then(() => admin)
    return this.admin
  }
}

function rate(
  before: { atMs: number; ends: Ends },
  now: { atMs: number; ends: Ends },
  topic: string,
): number {
  const seconds = (now.atMs - before.atMs) / 1000
  return seconds > 0
    ? Math.round((10 * (total(now.ends, topic) - total(before.ends, topic))) / seconds) / 10
    : 0
}

/** Opens the view of the running system; connects on first use. */
export const openSystem = (options: SystemOptions): System => new Looks(options)
