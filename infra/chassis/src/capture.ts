import type { Pool } from 'pg'
import { Gauge, type Registry } from 'prom-client'
import type { Log } from './log.js'
import { whenAsked } from './when-asked.js'

/** How far whoever reads the outbox has come; places are bytes from the start of the write-ahead log. */
export interface Capture {
  /** False also when there is no slot. */
  active: boolean
  written: number
  /** Null without a slot. */
  confirmed: number | null
  /** Log that the slot keeps on the disk, bytes; null without a slot. */
  kept: number | null
  atMs: number
}

/** Looks at the replication slots of the service's database: the one that is furthest behind counts. */
export async function captureOf(pool: Pool): Promise<Capture> {
  const { rows } = await pool.query<Capture>(
    `SELECT coalesce(bool_and(active), false) AS active,
            pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float AS written,
            pg_wal_lsn_diff(min(confirmed_flush_lsn), '0/0')::float AS confirmed,
            pg_wal_lsn_diff(pg_current_wal_lsn(), min(restart_lsn))::float AS kept,
            extract(epoch FROM clock_timestamp())::float * 1000 AS "atMs"
       FROM pg_replication_slots WHERE database = current_database() AND slot_type = 'logical'`,
  )
  return rows[0]!
}

/**
 * Tells for how long the outbox waits to be read. Its rows do not know their place in the log, so the place is noted
 * at each look: the first that is not confirmed yet began to wait at that look, or before.
 */
export class OutboxAge {
  private marks: Pick<Capture, 'written' | 'atMs'>[] = []

  /** @returns seconds; 0 when all that an earlier look has seen is confirmed */
  look({ written, confirmed, atMs }: Capture): number {
    this.marks = [...this.marks, { written, atMs }].filter((mark) => mark.written > (confirmed ?? 0))
    return this.marks.length > 0 ? (atMs - this.marks[0]!.atMs) / 1000 : 0
  }
}

const lagOf = (capture?: Capture) =>
  capture === undefined || capture.confirmed === null
    ? null
    : Math.max(0, capture.written - capture.confirmed)

const show = (gauge: Gauge, value: number | null) => (value === null ? gauge.remove() : gauge.set(value))

/** Measures how the outbox is read, whenever somebody asks. */
export function measureCapture(registry: Registry, pool: Pool, log: Log): void {
  const age = new OutboxAge()
  const collect = whenAsked('the reading of the outbox', () => captureOf(pool), note, log)
  const gauge = (name: string, help: string): Gauge =>
    new Gauge({ name, help, registers: [registry], collect })
  const gauges = {
    active: gauge('chorus_slot_active', 'Whether the outbox is being read: 1 or 0'),
    lag: gauge('chorus_slot_lag_bytes', 'Log that the reader of the outbox has not confirmed'),
    kept: gauge('chorus_slot_kept_bytes', 'Log that the replication slot keeps on the disk'),
    age: gauge('chorus_outbox_age_seconds', 'For how long events may have waited to be read, at least'),
  }
  function note(capture?: Capture): void {
    show(gauges.active, capture ? Number(capture.active) : null)
    show(gauges.lag, lagOf(capture))
    show(gauges.kept, capture?.kept ?? null)
    show(gauges.age, capture ? age.look(capture) : null)
  }
}
