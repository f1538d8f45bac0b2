import { isTransient, type Log, type Message, type Observation } from '@chorus/chassis'
import type { Topology } from '@chorus/contracts'
import { setTimeout as pause } from 'node:timers/promises'
import type { Pool } from 'pg'
import type { Changes } from './changes.js'
import { flowTopics, readStep, type PlacedStep } from './flow/index.js'
import { Spare } from './spare.js'
import { groupOf, storeSteps } from './store.js'

/** Steps in one transaction, at most. */
const MOST = 2000
/**
 * Between two transactions: they grow instead of becoming more, and a flow is stored with several new steps at once, so
 * that watching stays cheap. While nobody looks they may be far apart.
 */
const PAUSE_MS = { looked: 60, unseen: 1000 }
/**
 * While nobody looks and the machine has no more spare time than this, the services need it: then a transaction is
 * followed by a rest of so many times its length. What is not heard meanwhile stays on the topics.
 */
const FULL = { spare: 0.15, restTimes: 20, mostRestMs: 3000 }
const RETRY_MS = 500

interface Waiting {
  steps: readonly PlacedStep[]
  resolve(): void
  reject(error: unknown): void
}

/** One writer for all partitions: it takes whatever waits, in one transaction. */
class Writer {
  private waiting: Waiting[] = []
  private writing = false
  private readonly spare = new Spare()

  constructor(
    private readonly write: (steps: readonly PlacedStep[]) => Promise<void>,
    private readonly changes: Changes,
    private readonly log: Log,
  ) {}

  take(messages: readonly Message[]): Promise<void> {
    const steps = messages.flatMap((message) => readStep(message) ?? [])
    if (steps.length === 0) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.waiting.push({ steps, resolve, reject })
      if (!this.writing) void this.drain()
    })
  }

  private next(): Waiting[] {
    let size = 0
    const count = this.waiting.findIndex(({ steps }) => (size += steps.length) > MOST)
    return this.waiting.splice(0, count === -1 ? this.waiting.length : Math.max(1, count))
  }

  private async drain(): Promise<void> {
    this.writing = true
    while (this.waiting.length > 0) {
      const taken = this.next()
      try {
        const begunMs = performance.now()
        await this.write(taken.flatMap(({ steps }) => steps))
        for (const { resolve } of taken) resolve()
        await this.rest(performance.now() - begunMs)
      } catch (error) {
        await this.putBack(taken, error)
      }
    }
    this.writing = false
  }

  /** Whatever there is to catch up with, half of the time belongs to the services; of a full machine nearly all. */
  private async rest(workedMs: number): Promise<void> {
    await pause(Math.max(PAUSE_MS.looked, workedMs))
    const size = this.waiting.reduce((sum, { steps }) => sum + steps.length, 0)
    if (this.spare.part() < FULL.spare)
      await this.changes.unseen(Math.min(FULL.restTimes * workedMs, FULL.mostRestMs))
    else if (size < MOST) await this.changes.unseen(PAUSE_MS.unseen - PAUSE_MS.looked)
  }

  private async putBack(taken: Waiting[], error: unknown): Promise<void> {
    if (!isTransient(error)) {
      for (const { reject } of taken) reject(error)
      return
    }
    this.log.warn({ err: error }, 'the database did not take the steps; trying again')
    this.waiting.unshift(...taken)
    await pause(RETRY_MS)
  }
}

/** What the tracker takes in: every step of every flow, from the start of the topics when its tables are empty. */
export const intake = (topology: Topology, changes: Changes) => ({
  async open({ pool, log }: { pool: Pool; log: Log }): Promise<Observation> {
    const group = await groupOf(pool)
    const writer = new Writer(
      async (steps) => changes.tell(await storeSteps(pool, group, steps, topology)),
      changes,
      log,
    )
    return { group, topics: flowTopics, take: (messages) => writer.take(messages) }
  },
})
