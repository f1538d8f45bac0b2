import { readMessages, type Take } from '@chorus/chassis/operate'
import type { Kafka } from 'kafkajs'
import type pg from 'pg'
import { quantilesOf } from '../bench-commands/quantiles.js'

/** For how long events were in the database only, before their topic had them: what is lost with the disk. */
export interface Window {
  /** That were looked at: those of the last ten minutes. */
  events: number
  /** From the commit to the topic, of half of the events at most; null without events. */
  medianMs: number | null
  /** Of the slowest one. */
  mostMs: number | null
}

const LOOKED_AT_MS = 600_000

/** When the events of the last minutes were committed, by their ids. */
async function commitsIn(client: pg.Client): Promise<Map<string, number>> {
  const { rows } = await client.query<{ id: string; at: number }>(
    `SELECT id, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float * 1000 AS at
       FROM outbox WHERE created_at > now() - $1 * interval '1 ms'`,
    [LOOKED_AT_MS],
  )
  return new Map(rows.map(({ id, at }) => [id, at]))
}

const rounded = (ms: number) => (Number.isNaN(ms) ? null : Math.max(0, Math.round(ms)))

/**
 * Measures how far the topic of a service was behind its database in the last minutes.
 * @param client of the service's database
 */
export async function windowOf(kafka: Kafka, service: string, client: pg.Client): Promise<Window> {
  const commits = await commitsIn(client)
  const behind: number[] = []
  const since = new Date(Date.now() - LOOKED_AT_MS)
  const look: Take = (messages) => {
    for (const { headers, timestamp } of messages) {
      const id = String(headers?.ce_id)
      const at = commits.get(id)
      // A message that came a second time was there before.
      commits.delete(id)
      if (at !== undefined) behind.push(Number(timestamp) - at)
    }
    return Promise.resolve()
  }
  await readMessages(kafka, `${service}.events`, look, since)
  // What is not on the topic yet waits still.
  for (const at of commits.values()) behind.push(Date.now() - at)
  const { p50, max } = quantilesOf(behind)
  return { events: behind.length, medianMs: rounded(p50), mostMs: rounded(max) }
}
