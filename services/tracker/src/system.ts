import { DeadLetters } from '@chorus/chassis/operate'
import type { Topology } from '@chorus/contracts'
import type { Kafka } from 'kafkajs'
import { ask } from './ask.js'
import { Broker } from './broker.js'
import { flowTopics, type Aside } from './flow/index.js'
import { measuredIn, type Measured } from './measured.js'
import { endsOf, lagsOf, topicOf, total, type Ends } from './offsets.js'
import { ratesOf, type Counts } from './rates.js'

/** How one service is, as far as can be seen from outside. */
export interface ServiceHealth extends Omit<Measured, 'emitted'> {
  name: string
  /** True when it says that it is ready. */
  answers: boolean
  /** Messages that it has still to hear. */
  lag?: number
  /** The same by the service that emitted them. */
  lags?: Record<string, number>
  /** Events on its topic. */
  events?: number
  /** Events that came to its topic a second, since the look before. */
  perSecond?: number
  /** Events that it emitted a second by type, since the look before. */
  rates?: Record<string, number>
  /** State of its connector's task. */
  task?: string
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
  /** How many messages a group that hears of all flows has still to hear; undefined when that is not known. */
  behind(group: string): Promise<number | undefined>
  /**
   * Asks a service what it set aside of one order.
   * @param authorization of whoever asks, an admin
   * @returns undefined when there is nothing, or no answer
   */
  setAside(service: string, orderId: string, authorization: string): Promise<Aside | undefined>
}

const FRESH_MS = 1000
const PATIENCE_MS = 700

const get = (url: string) => fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) })

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

/** The dead letter of a key, if the service has one. */
async function deadLetterOf(
  urls: SystemOptions['urls'],
  service: string,
  key: string,
  authorization: string,
): Promise<Aside | undefined> {
  const letters = new DeadLetters(
    (name, path) => ask(urls, name, path, { authorization, patienceMs: PATIENCE_MS }),
    [service],
  )
  const [found] = await letters.find({ key }, 1, { state: 'DEAD' })
  const dead = found?.items[0]
  return dead && { key, type: dead.type ?? 'a message', reason: dead.reason, detail: dead.detail ?? '' }
}

/** Asks, unless that was done a moment ago. */
function remembered<Args extends unknown[], T>(ask: (...args: Args) => Promise<T>) {
  let latest: { atMs: number; answer: Promise<T> } | undefined
  return (...args: Args): Promise<T> => {
    if (!latest || Date.now() - latest.atMs > FRESH_MS) latest = { atMs: Date.now(), answer: ask(...args) }
    return latest.answer
  }
}

/** Looks again at what was looked at a moment ago, so that many viewers cost as much as one. */
class Looks implements System {
  private readonly broker: Broker
  private before: Counts | undefined
  readonly look = remembered(() => this.ask())
  readonly behind = remembered((group: string) => this.lagOf(group))

  constructor(private readonly options: SystemOptions) {
    this.broker = new Broker(options.kafka)
  }

  async setAside(service: string, orderId: string, authorization: string): Promise<Aside | undefined> {
    const { urls } = this.options
    if (urls[service] === undefined) return undefined
    const { aside } = await known('aside', () => deadLetterOf(urls, service, orderId, authorization))
    return aside
  }

  private async ask(): Promise<ServiceHealth[]> {
    const { services } = this.options.topology
    const [{ ends }, outside] = await Promise.all([
      known('ends', () => this.ends()),
      Promise.all(services.map(({ name }) => this.outside(name))),
    ])
    const emitted = outside.flatMap(({ measured }, i) =>
      measured ? [[services[i]!.name, measured.emitted] as const] : [],
    )
    const before = this.before
    const now = { atMs: Date.now(), emitted: Object.fromEntries(emitted), ...(ends && { ends }) }
    this.before = now
    return Promise.all(
      services.map(async ({ name, hears }, i) => {
        const { measured, ...rest } = outside[i]!
        const { emitted: _, ...said } = measured ?? { emitted: {} }
        return {
          name,
          ...rest,
          ...said,
          ...(ends && (await this.onKafka(name, Object.keys(hears), ends))),
          ...ratesOf(before, now, name),
        }
      }),
    )
  }

  private async outside(name: string) {
    const { urls, connectUrl } = this.options
    const url = urls[name]
    const [up, task, measured] = await Promise.all([
      url === undefined ? false : answers(url),
      known('task', async () => (connectUrl === undefined ? undefined : taskOf(connectUrl, name))),
      known('measured', async () =>
        url === undefined ? undefined : measuredIn(await (await get(`${url}/metrics`)).text()),
      ),
    ])
    return { answers: up, ...task, ...measured }
  }

  private async onKafka(name: string, heard: readonly string[], ends: Ends) {
    const producers = this.options.topology.services.filter(({ emits }) =>
      emits.some((type) => heard.includes(type)),
    )
    const topics = producers.map((producer) => topicOf(producer.name))
    const { found } = await known('found', () =>
      this.broker.ask((admin) => lagsOf(admin, ends, name, topics)),
    )
    const lags = producers.map((producer): [string, number] => [
      producer.name,
      found?.[topicOf(producer.name)] ?? 0,
    ])
    return {
      events: total(ends, topicOf(name)),
      ...(found && { lag: lags.reduce((sum, [, lag]) => sum + lag, 0), lags: Object.fromEntries(lags) }),
    }
  }

  private ends(): Promise<Ends> {
    const topics = this.options.topology.services.map(({ name }) => topicOf(name))
    return this.broker.ask((admin) => endsOf(admin, topics))
  }

  private async lagOf(group: string): Promise<number | undefined> {
    const { lags } = await known('lags', () =>
      this.broker.ask(async (admin) => lagsOf(admin, await endsOf(admin, flowTopics), group, flowTopics)),
    )
    return lags && Object.values(lags).reduce((sum, lag) => sum + lag, 0)
  }
}

/** Opens the view of the running system; connects on first use. */
export const openSystem = (options: SystemOptions): System => new Looks(options)
