import type { Pool, PoolClient } from 'pg'
import { runBatch, type BatchResult } from './batch.js'
import { isRaceLost, isTransient } from './database.js'
import { InputFailed, type Input, type Outcome } from './input.js'
import type { Log } from './log.js'
import { Pace } from './pace.js'
import type { BatchContext, Failure } from './work.js'

/** Thrown to a caller whose command could not be carried out for now; it may be repeated as it is. */
export class Unavailable extends Error {}

export interface ExecutorOptions {
  pool: Pool
  context: BatchContext
  log: Log
  /** Inputs a transaction, at most. */
  batchLimit: number
  /** How long a command may wait for the database, ms. */
  commandPatienceMs: number
  /** How long an event may wait for its cause to become visible, ms; then it is a dead letter. */
  prematurePatienceMs: number
  /** Told of each committed batch. */
  onCommit(result: BatchResult, inputs: number, ms: number): void
}

interface Job {
  input: Input
  since: number
  attempts: number
  resolve(outcome: Exclude<Outcome, { kind: 'later' }>): void
  reject(error: Error): void
}

const FIRST_DELAY_MS = 20
const LAST_DELAY_MS = 2000
const RACES_BEFORE_SPLIT = 3
/** A transaction's fixed cost is that of about a dozen inputs. */
const BATCHES = { calmPerSecond: 150, worth: 12, longestGapMs: 15 }

/** Capped exponential back-off with full jitter, ms. */
const delayMs = (attempt: number) =>
  Math.ceil(Math.random() * Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt, 10)))

/**
 * Runs everything that changes a service's rows, one transaction at a time. It takes whatever is waiting: batches grow
 * by themselves under load. A lone input is not held up; only when inputs come fast do a few gather first (see Pace).
 */
export class Executor {
  private waiting: Job[] = []
  private failures = new Map<Input, Failure>()
  private working: Promise<void> | undefined
  private readonly pace = new Pace(BATCHES)
  private stopped = false

  constructor(private readonly options: ExecutorOptions) {}

  /**
   * Has an input carried out. Resolves after the commit.
   * @throws Unavailable when the database cannot be reached in time (commands only: events wait), or after stop()
   */
  submit(input: Input): Promise<Exclude<Outcome, { kind: 'later' }>> {
    if (this.stopped) return Promise.reject(new Unavailable('the service is stopping'))
    return new Promise((resolve, reject) => {
      this.waiting.push({ input, since: Date.now(), attempts: 0, resolve, reject })
      this.wake()
    })
  }

  /** Finishes what is waiting, then takes nothing more. */
  async stop(): Promise<void> {
    this.stopped = true
    while (this.working) await this.working
  }

  private wake(): void {
    // One turn of the event loop lets everything that arrived together be taken together.
    this.working ??= new Promise<void>((resolve) => setImmediate(resolve))
      .then(() => this.drain())
      .finally(() => {
        this.working = undefined
        if (this.waiting.length > 0) this.wake()
      })
  }

  private async drain(): Promise<void> {
    let attempt = 0
    while (this.waiting.length > 0) {
      const restMs = this.pace.restMs(this.waiting.length, performance.now())
      if (restMs >= 1) await new Promise((resolve) => setTimeout(resolve, restMs))
      const jobs = this.waiting.splice(0, this.options.batchLimit)
      this.pace.begins(jobs.length, performance.now())
      try {
        await this.run(jobs, 0)
        attempt = 0
      } catch (error) {
        this.options.log.warn({ err: error, attempt }, 'the database did not take the batch; trying again')
        this.waiting.unshift(...this.stillPatient(jobs))
        await new Promise((resolve) => setTimeout(resolve, delayMs(attempt++)))
      }
    }
  }

  /** Settles every job, or throws a transient error with none settled. */
  private async run(jobs: Job[], races: number): Promise<void> {
    try {
      const started = performance.now()
      const result = await this.transact(jobs.map(({ input }) => input))
      this.options.onCommit(result, jobs.length, performance.now() - started)
      this.settle(jobs, result.outcomes)
    } catch (error) {
      if (error instanceof InputFailed) {
        this.failures.set(error.input, { reason: 'RULE_FAILED', error: error.cause })
        this.options.log.error({ err: error.cause }, 'a rule broke on an input; it is set aside')
        return this.run(jobs, races)
      }
      if (isTransient(error)) throw error
      if (isRaceLost(error) && races < RACES_BEFORE_SPLIT) return this.run(jobs, races + 1)
      await this.split(jobs, error as Error)
    }
  }

  /** Halves a batch that the database refused until the one bad input stands alone. */
  private async split(jobs: Job[], error: Error): Promise<void> {
    if (jobs.length === 1) {
      const { input } = jobs[0]!
      if (this.failures.has(input)) throw error
      this.failures.set(input, { reason: 'DATABASE_REFUSED', error })
      this.options.log.error({ err: error }, 'the database refused an input; it is set aside')
      return this.run(jobs, 0)
    }
    const half = Math.ceil(jobs.length / 2)
    await this.runOrRequeue(jobs.slice(0, half))
    await this.runOrRequeue(jobs.slice(half))
  }

  private async runOrRequeue(jobs: Job[]): Promise<void> {
    try {
      await this.run(jobs, 0)
    } catch {
      this.waiting.unshift(...this.stillPatient(jobs))
    }
  }

  private async transact(inputs: readonly Input[]): Promise<BatchResult> {
    const client = await this.options.pool.connect()
    try {
      const result = await runBatch(this.options.context, client, inputs, this.failures)
      client.release()
      return result
    } catch (error) {
      await rollback(client)
      throw error
    }
  }

  private settle(jobs: readonly Job[], outcomes: readonly Outcome[]): void {
    for (const [i, job] of jobs.entries()) {
      const outcome = outcomes[i]!
      if (outcome.kind === 'later') {
        this.delay(job)
      } else {
        this.failures.delete(job.input)
        job.resolve(outcome)
      }
    }
  }

  private delay(job: Job): void {
    if (Date.now() - job.since > this.options.prematurePatienceMs) {
      const error = new Error('its cause did not become visible in time')
      this.failures.set(job.input, { reason: 'PREMATURE', error })
    }
    setTimeout(() => {
      this.waiting.unshift(job)
      this.wake()
    }, delayMs(job.attempts++))
  }

  /** Commands whose callers waited too long are told so; events wait for as long as it takes. */
  private stillPatient(jobs: readonly Job[]): Job[] {
    return jobs.filter(({ input, since, reject }) => {
      const patient = input.kind !== 'command' || Date.now() - since < this.options.commandPatienceMs
      if (!patient) reject(new Unavailable('the database cannot be reached'))
      return patient && !this.gaveUp(input, reject)
    })
  }

  private gaveUp(input: Input, reject: (error: Error) => void): boolean {
    if (!this.stopped) return false
    reject(new Unavailable(`the service stopped before a ${input.kind} was done`))
    return true
  }
}

async function rollback(client: PoolClient): Promise<void> {
  try {
    await client.query('ROLLBACK')
    client.release()
  } catch (error) {
    client.release(error as Error)
  }
}
