import knex, { type Knex } from 'knex'
import pg from 'pg'

/** Amounts stay below 2^53 (the contracts say so), so bigint columns are read as numbers. */
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

/** The pools of one service. */
export interface Database {
  /** For the executor: one connection a batch. */
  pool: pg.Pool
  /** For queries in routes and sweeps. */
  knex: Knex
  close(): Promise<void>
}

const SESSION = '-c jit=off -c lock_timeout=5000 -c idle_in_transaction_session_timeout=60000'
/**
 * The executor's statements are prepared and find every row by its id. A plan that was made while a table was empty
 * would read it from end to end for ever after, so the ways of reading that do not use an index are out of the choice.
 */
const BY_ID =
  '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_bitmapscan=off -c enable_hashjoin=off -c enable_mergejoin=off'

/**
 * Opens the pools; connects on first use.
 * @param url of the service's own database, with its runtime role
 * @param onError told of connections that were lost; whatever they were used for fails by itself and is tried again
 */
export function openDatabase(url: string, name: string, onError: (error: Error) => void): Database {
  const connection = { connectionString: url, application_name: name }
  // Pipelined: the executor sends statements that do not wait for each other in one go.
  const pool = new pg.Pool({
    ...connection,
    options: `${SESSION} ${BY_ID}`,
    pipeline: true,
    max: 4,
    connectionTimeoutMillis: 5000,
    keepAlive: true,
    query_timeout: 20_000,
  })
  pool.on('error', onError)
  // A connection can also be lost between two statements of a transaction: the next one fails, which is soon enough.
  pool.on('connect', (client) => client.on('error', onError))
  const queries = knex({
    client: 'pg',
    connection: { ...connection, options: SESSION },
    pool: { min: 0, max: 6 },
    acquireConnectionTimeout: 5000,
  })
  return {
    pool,
    knex: queries,
    close: async () => {
      await Promise.all([pool.end(), queries.destroy()])
    },
  }
}

/** SQLSTATE classes and codes that pass by themselves: connection, resources, operator, serialization, lock. */
const TRANSIENT = /^(08|53|57|58|40|25006|55P03)/
const CONNECTION_LOST = /terminated|ECONN|EPIPE|ETIMEDOUT|timeout|not queryable|Client was closed|socket/i

/** True for a database error that may be gone on the next try; such an error never sends a message to the dead letters. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  if (code && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('E')) return TRANSIENT.test(code)
  return CONNECTION_LOST.test(`${code ?? ''} ${error.message}`)
}

/** True when another transaction made the same row first: deciding again, with that row in sight, settles it. */
export const isRaceLost = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '23505'
