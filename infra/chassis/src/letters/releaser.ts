import { setTimeout as pause } from 'node:timers/promises'
import type { Knex } from 'knex'
import type { Pool } from 'pg'
import { readMessage } from '../cloud-events.js'
import { removeLetters, type Message } from '../dead-letters.js'
import type { Engine } from '../engine.js'
import type { Executor } from '../executor.js'
import type { Log } from '../log.js'
import { readersOf, type Reader } from '../needs.js'
import { startRounds, type Rounds } from '../rounds.js'
import { conditionsOf, needsOf, type Service } from '../service.js'
import { measureLetters } from './gauges.js'
import { MOST_STARTS, endsTheProcess } from './crash-guard.js'
import { begin, endedInRelease, keysToRelease, letterAt, nextOf, type Place } from './letters.js'

export interface ReleaserOptions {
  pool: Pool
  knex: Knex
  /** By event type that the service reacts to. */
  readers: ReadonlyMap<string, Reader>
  executor: Executor
  log: Log
}

const LOOK_EVERY_MS = 2000
const KEYS_AT_ONCE = 20
/** Live traffic comes first: a release takes no more than this of the executor. */
const LETTERS_A_SECOND = 200

/**
 * Handles letters that were let go, and those that wait behind nothing any more: each key in the order in which its
 * messages came, many keys side by side, at a pace. They go through the executor like any message, so inbox and state
 * machines hold; a letter is removed in the transaction that handles it, and stays, dead again, if it fails again.
 * What is let go is in the table: a process that ends goes on with it when it starts anew.
 */
export class Releaser {
  private rounds: Rounds | undefined
  private nextTurn = 0
  private stopped = false

  constructor(private readonly options: ReleaserOptions) {}

  start(): void {
    this.rounds = startRounds(() => this.round())
  }

  /** Looks at once whether there is something to do. */
  wake(): void {
    this.rounds?.wake()
  }

  /** Finishes the letters at hand. */
  async stop(): Promise<void> {
    this.stopped = true
    await this.rounds?.stop()
  }

  private async round(): Promise<number> {
    try {
      await this.drain()
    } catch (err) {
      this.options.log.warn({ err }, 'dead letters could not be released; trying again')
    }
    return LOOK_EVERY_MS
  }

  private async drain(): Promise<void> {
    const { knex } = this.options
    for (;;) {
      const found = await keysToRelease(knex, KEYS_AT_ONCE)
      const alone = await endedInRelease(knex)
      const progress: boolean[] = []
      // Side by side it would not be known which of them ends the process.
      if (alone) for (const one of found) progress.push(await this.letGo(one))
      else progress.push(...(await Promise.all(found.map((one) => this.letGo(one)))))
      if (!progress.includes(true)) return
    }
  }

  /** @returns whether any letter of the key was handled */
  private async letGo(found: Place & { key: string | null }): Promise<boolean> {
    const { knex } = this.options
    const { key } = found
    const next = () => (key === null ? letterAt(knex, found) : nextOf(knex, key))
    let handled = false
    for (let message = await next(); message && !this.stopped; message = await next()) {
      await this.turn()
      if (!(await this.handle(message))) return handled
      handled = true
    }
    return handled
  }

  /** @returns false when it was set aside again */
  private async handle(message: Message): Promise<boolean> {
    const { pool, knex, executor, readers, log } = this.options
    const { topic, partition, offset } = message
    const input = readMessage(message, readers)
    if (!input) {
      await removeLetters(pool, [message])
      return true
    }
    const starts = await begin(knex, message)
    const judged = starts > MOST_STARTS ? endsTheProcess(message, starts - 1) : input
    const { kind } = await executor.submit({ ...judged, released: true })
    log.info({ topic, partition, offset, outcome: kind }, 'a dead letter was released')
    return kind === 'done'
  }

  private async turn(): Promise<void> {
    const now = Date.now()
    this.nextTurn = Math.max(now, this.nextTurn + 1000 / LETTERS_A_SECOND)
    await pause(this.nextTurn - now)
  }
}

/** The releaser of a service, with the measurements of what is set aside. */
export function openReleaser(
  { database: { pool, knex }, executor, metrics }: Engine,
  service: Service,
  log: Log,
): Releaser {
  const readers = readersOf(needsOf(service), conditionsOf(service))
  measureLetters(metrics.registry, knex, log)
  return new Releaser({ pool, knex, readers, executor, log })
}
