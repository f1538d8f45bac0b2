import type { Pool } from 'pg'
import type { ServiceConfig } from './config.js'
import type { Log } from './log.js'
import type { Metrics } from './metrics.js'
import { startRounds } from './rounds.js'

/** For how many days rows are kept at least. */
export interface Retention {
  outboxDays: number
  inboxDays: number
}

/** How much a divided table holds. */
export interface Sizes {
  table: string
  /** Partitions, without the default one. */
  count: number
  bytes: number
  /** Since the oldest partition began. */
  ageSeconds: number
  /** Of the default partition: what no other one was made for. */
  defaultBytes: number
}

const EVERY_MS = 60_000
/** After a round that failed: a service that starts while its database is away shows its sizes soon after. */
const RETRY_MS = 1000

export const retentionOf = (config: ServiceConfig): Retention => ({
  outboxDays: config.OUTBOX_RETENTION_DAYS,
  inboxDays: config.INBOX_RETENTION_DAYS,
})

/**
 * Makes the partitions of the days to come, and drops those of outbox and inbox that are old enough; of the outbox
 * only what the replication slot has confirmed. Another process that is at it is left to it.
 * @param at the database's clock, unless a spec moves it
 * @returns names of the partitions that were made and dropped
 */
export async function keepPartitions(pool: Pool, { outboxDays, inboxDays }: Retention, at?: Date) {
  const { rows } = await pool.query<{ action: 'made' | 'dropped'; name: string }>(
    `SELECT * FROM keep_partitions(make_interval(days => $1), make_interval(days => $2), coalesce($3, now()))`,
    [outboxDays, inboxDays, at ?? null],
  )
  const named = (action: string) => rows.flatMap((row) => (row.action === action ? [row.name] : []))
  return { made: named('made'), dropped: named('dropped') }
}

/** Measures outbox and inbox. */
export async function sizesOf(pool: Pool): Promise<Sizes[]> {
  const { rows } = await pool.query<Sizes>(
    `SELECT parent AS "table", partitions AS count, bytes, waiting_bytes AS "defaultBytes",
            extract(epoch FROM now() - oldest_at)::float AS "ageSeconds" FROM partition_sizes()`,
  )
  return rows
}

/** Keeps outbox and inbox divided, once a minute, and shows their sizes. */
export const startUpkeep = (pool: Pool, retention: Retention, metrics: Metrics, log: Log) =>
  startRounds(async () => {
    try {
      const { made, dropped } = await keepPartitions(pool, retention)
      if (made.length + dropped.length > 0) log.info({ made, dropped }, 'partitions kept')
      metrics.sizes(await sizesOf(pool))
      return EVERY_MS
    } catch (error) {
      log.warn({ err: error }, 'partitions were not kept; the next round tries again')
      return RETRY_MS
    }
  })
