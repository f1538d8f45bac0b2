import type { Pool } from 'pg'
import type { Executor } from './executor.js'
import { goOn } from './trace.js'
import type { Log } from './log.js'
import { startRounds, type Rounds } from './rounds.js'
import type { Call, Effect, Service } from './service.js'
import type { Tracing } from './tracing/tracing.js'

type AnyRow = Record<string, unknown>

export interface EffectsOptions {
  service: Service
  pool: Pool
  executor: Executor
  tracing?: Tracing | undefined
  log: Log
  /** Calls at a time, of each effect. */
  concurrency: number
  /** How often rows that still wait for their call are looked for, ms. */
  sweepMs: number
}

const LAST_DELAY_MS = 30_000

/** Submits what an effect or a sweep wants recorded. */
export const submitCall = (executor: Executor, service: string, call: Required<Call>) =>
  executor.submit({
    kind: 'command',
    rule: call.rule,
    command: { id: call.id, userId: `service:${service}`, admin: true, body: call.body },
    hash: null,
    traceparent: call.traceparent,
  })

/** Makes the calls that rows wait for: at once after their commit, and again later for what failed or was left behind by a crash. */
export class Effects {
  private readonly running = new Map<string, Promise<void>>()
  private readonly waiting = new Map<string, { effect: Effect<Service['tables']>; row: AnyRow }>()
  private readonly notBefore = new Map<string, { at: number; tries: number }>()
  private rounds: Rounds | undefined
  private stopped = false

  constructor(private readonly options: EffectsOptions) {}

  start(): void {
    const { service, sweepMs } = this.options
    if (!service.effects?.length) return
    this.rounds = startRounds(async () => {
      await this.sweep()
      return sweepMs
    })
  }

  /** Looks whether committed rows wait for a call. */
  committed(changed: (table: string) => AnyRow[]): void {
    for (const effect of this.options.service.effects ?? []) {
      for (const row of changed(effect.table)) if (effect.wants(row)) this.launch(effect, row)
    }
  }

  /** Lets the calls under way end. */
  async stop(): Promise<void> {
    this.stopped = true
    await this.rounds?.stop()
    await Promise.allSettled(this.running.values())
  }

  private launch(effect: Effect<Service['tables']>, row: AnyRow): void {
    const table = this.options.service.tables[effect.table]!
    const key = `${effect.name}/${String(row[table.id])}`
    const busy = this.running.has(key) || this.waiting.has(key)
    if (this.stopped || busy || Date.now() < (this.notBefore.get(key)?.at ?? 0)) return
    this.waiting.set(key, { effect, row })
    this.next()
  }

  private next(): void {
    while (this.running.size < this.options.concurrency) {
      const [next] = this.waiting
      if (!next || this.stopped) return
      const [key, { effect, row }] = next
      this.waiting.delete(key)
      const run = this.run(effect, row, key).finally(() => {
        this.running.delete(key)
        this.next()
      })
      this.running.set(key, run)
    }
  }

  private async run(effect: Effect<Service['tables']>, row: AnyRow, key: string): Promise<void> {
    const { executor, service, tracing, log } = this.options
    const asked = String(row.traceparent)
    const span = tracing?.call(effect.name, asked)
    const traceparent = span?.traceparent ?? goOn(asked)
    try {
      const call = await effect.run(row, traceparent)
      span?.end()
      if (call) {
        const outcome = await submitCall(executor, service.name, { ...call, traceparent })
        if (outcome.kind === 'done') return void this.notBefore.delete(key)
        log.warn({ effect: effect.name, outcome: outcome.kind }, 'the answer to an effect was not recorded')
      }
    } catch (error) {
      span?.end(error as Error)
      log.warn({ err: error, effect: effect.name }, 'an effect failed; it is tried again')
    }
    const tries = (this.notBefore.get(key)?.tries ?? 0) + 1
    const delay = Math.min(LAST_DELAY_MS, this.options.sweepMs * 2 ** Math.min(tries - 1, 10))
    this.notBefore.set(key, { at: Date.now() + delay, tries })
  }

  private async sweep(): Promise<void> {
    for (const effect of this.options.service.effects ?? []) {
      const table = this.options.service.tables[effect.table]!
      try {
        const { rows } = await this.options.pool.query<AnyRow>(
          `SELECT * FROM ${table.name} WHERE ${effect.wantsSql} LIMIT 500`,
        )
        for (const row of rows) this.launch(effect, row)
      } catch (error) {
        this.options.log.warn({ err: error, effect: effect.name }, 'could not look for effects left behind')
      }
    }
  }
}
