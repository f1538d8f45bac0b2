import { LRUCache } from 'lru-cache'
import type { Expectation, Suspect } from '../flow/index.js'
import type { System } from '../system.js'

interface Question {
  orderId: string
  /** Names of services. */
  awaited: readonly string[]
  /** Of whoever asks, an admin. */
  authorization: string
}

/** Then the services are asked again. */
const FRESH_MS = 1000
/** So long it is told as it was meanwhile. */
const KEPT_MS = 10_000
const MOST_KEPT = 500

/** The services that orders wait for, looked at from outside: one that is stopped takes its time not to answer. */
export class Suspects {
  private readonly known = new LRUCache<string, Suspect[], Question>({
    max: MOST_KEPT,
    ttl: FRESH_MS,
    allowStale: true,
    fetchMethod: (_key, _before, { context }) => this.ask(context),
  })

  constructor(private readonly system: System) {}

  /** @returns what is known of those who have to act, as it was a few seconds ago when they were asked lately */
  async of(due: readonly Expectation[], orderId: string, authorization: string): Promise<Suspect[]> {
    if (due.length === 0) return []
    const awaited = [...new Set(due.map(({ service }) => service))].sort()
    const key = [orderId, ...awaited].join(' ')
    if (this.known.getRemainingTTL(key) < FRESH_MS - KEPT_MS) this.known.delete(key)
    return (await this.known.fetch(key, { context: { orderId, awaited, authorization } })) ?? []
  }

  private async ask({ orderId, awaited, authorization }: Question): Promise<Suspect[]> {
    const health = await this.system.look().catch(() => [])
    return Promise.all(
      health
        .filter(({ name }) => awaited.includes(name))
        .map(async ({ name, answers, lag, task }) => {
          const setAside = answers ? await this.system.setAside(name, orderId, authorization) : undefined
          return {
            name,
            answers,
            ...(lag !== undefined && { lag }),
            ...(task !== undefined && { task }),
            ...(setAside && { setAside }),
          }
        }),
    )
  }
}
