import { rulesByEvent } from './batch.js'
import { openDatabase, type Database } from './database.js'
import { Effects } from './effects.js'
import { Executor } from './executor.js'
import type { Log } from './log.js'
import { openMetrics, type Metrics } from './metrics.js'
import { measureSagas } from './sagas.js'
import type { Service } from './service.js'
import { prepareTables } from './tables.js'
import { openTracing, type Tracing } from './tracing/tracing.js'
import { Watchers } from './watchers.js'

/** The part of a service that changes rows: its database, executor and effects. */
export interface Engine {
  database: Database
  executor: Executor
  effects: Effects
  metrics: Metrics
  watchers: Watchers
  /** Undefined when nobody receives traces. */
  tracing: Tracing | undefined
}

export interface EngineOptions {
  /** With the runtime role. */
  databaseUrl: string
  /** Inputs in one transaction, at most. */
  batchLimit: number
  /** Base address of a receiver of traces. */
  tracesUrl?: string | undefined
  log: Log
}

const COMMAND_PATIENCE_MS = 5000
const PREMATURE_PATIENCE_MS = 10_000
const CALLS_AT_A_TIME = 128
const EFFECT_SWEEP_MS = 1000

/** Connects a service's rules to its database. @throws Error when the database or a table is missing */
export async function openEngine(service: Service, options: EngineOptions): Promise<Engine> {
  const { databaseUrl, batchLimit, tracesUrl, log } = options
  const metrics = openMetrics(service.name)
  const database = openDatabase(databaseUrl, service.name, (error) =>
    log.warn({ err: error }, 'a database connection was lost'),
  )
  const { pool } = database
  const sql = await prepareTables(pool, service.tables).catch(async (error: Error) => {
    await database.close()
    throw error
  })
  const tracing = await openTracing({ service: service.name, endpoint: tracesUrl, log })
  const sagas = measureSagas(service, metrics.registry)
  const watchers = new Watchers(service.tables)
  const executor: Executor = new Executor({
    pool,
    context: { service, sql, ruleFor: rulesByEvent(service), tracing },
    log,
    batchLimit,
    commandPatienceMs: COMMAND_PATIENCE_MS,
    prematurePatienceMs: PREMATURE_PATIENCE_MS,
    onCommit: (result, inputs, ms) => {
      metrics.batch(result, inputs, ms)
      sagas(result)
      effects.committed(result.changed)
      watchers.committed(result.changed)
    },
  })
  const effects = new Effects({
    service,
    pool,
    executor,
    tracing,
    log,
    concurrency: CALLS_AT_A_TIME,
    sweepMs: EFFECT_SWEEP_MS,
  })
  return { database, executor, effects, metrics, watchers, tracing }
}
