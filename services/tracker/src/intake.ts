import { isTransient, type Log, type Message, type Observation } from '@chorus/chassis'
import type { Topology } from '@chorus/contracts'
import { setTimeout as pause } from 'node:timers/promises'
import type { Pool } from 'pg'
import type { Changes } from './changes.js'
import { flowTopics, readStep, type PlacedStep } from './flow/index.js'
import { MOST, restMs, unseenRestMs } from './rest.js'
import { cpuTimes, spareSince, type CpuTimes } from './spare.js'
import { groupOf, storeSteps } from './store.js'

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
        const [begunMs, cpuBefore] = [performance.now(), cpuTimes()]
        await this.write(taken.flatMap(({ steps }) => steps))
        for (const { resolve } of taken) resolve()
        await this.rest(performance.now() - begunMs, cpuBefore)
      } catch (error) {
        await this.putBack(taken, error)
      }
    }
    this.writing = false
  }

  private async rest(workedMs: number, cpuBefore: CpuTimes): Promise<void> {
    await pause(restMs(workedMs))
    const size = this.waiting.reduce((sum, { steps }) => sum + steps.length, 0)
    await this.changes.unseen(unseenRestMs(workedMs, size, spareSince(cpuBefore)))
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
