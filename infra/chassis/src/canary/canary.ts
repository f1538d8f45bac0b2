import type { Pool } from 'pg'
import { Gauge, type Registry } from 'prom-client'
import type { Message } from '../dead-letters.js'
import type { Log } from '../log.js'
import { sourceUri } from '../outbox.js'
import { startRounds } from '../rounds.js'
import { whenAsked } from '../when-asked.js'

/** Sends a canary through the outbox now and then, beginning at once. */
export const sendCanaries = (pool: Pool, everySeconds: number, log: Log) =>
  startRounds(async () => {
    try {
      await pool.query('SELECT send_canary()')
    } catch (err) {
      log.warn({ err }, 'a canary was not sent; the next one follows')
    }
    return everySeconds * 1000
  })

/**
 * Hears the canaries that came back: of all that a service sent, the newest counts. What it notes is in the database,
 * because of several processes only one has the topic. Never fails: the next canary says it again.
 */
export const hearCanaries =
  (pool: Pool, service: string, log: Log) => async (messages: readonly Message[]) => {
    const own = messages.filter(({ headers }) => headers.ce_source === sourceUri(service))
    if (own.length === 0) return
    const times = own.map(({ headers }) => headers.ce_time)
    try {
      await pool.query(
        'UPDATE canary SET heard_at = greatest(heard_at, (SELECT max(t) FROM unnest($1::timestamptz[]) t))',
        [times],
      )
    } catch (err) {
      log.warn({ err }, 'a canary was not noted; the next one follows')
    }
  }

/** Measures for how long no canary came back, whenever somebody asks. */
export function measureCanary(registry: Registry, pool: Pool, log: Log): void {
  const ageOf = async () => {
    const { rows } = await pool.query<{ seconds: number }>(
      'SELECT extract(epoch FROM clock_timestamp() - heard_at)::float AS seconds FROM canary',
    )
    return rows[0]!.seconds
  }
  const gauge: Gauge = new Gauge({
    name: 'chorus_canary_age_seconds',
    help: 'Time since the last canary was sent that came back through outbox, Debezium, Kafka and consumer',
    registers: [registry],
    collect: whenAsked('the canary', ageOf, note, log),
  })
  function note(seconds?: number): void {
    if (seconds === undefined) gauge.remove()
    else gauge.set(Math.max(0, seconds))
  }
}
