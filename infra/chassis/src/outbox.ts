import type { ClientBase } from 'pg'
import type { Outgoing } from './event.js'

/** Where the service named `source` stands in CloudEvents `source`. */
export const sourceUri = (service: string) => `/services/${service}`

const columns: Record<string, (event: Outgoing) => unknown> = {
  id: (e) => e.id,
  aggregatetype: (e) => e.source,
  aggregateid: (e) => e.key,
  type: (e) => e.type,
  source: (e) => sourceUri(e.source),
  subject: (e) => e.subject,
  time: (e) => e.time.toISOString(),
  dataschema: (e) => e.dataschema,
  correlationid: (e) => e.correlationId,
  causationid: (e) => e.causationId,
  aggregateversion: (e) => String(e.aggregateVersion),
  traceparent: (e) => e.traceparent,
  payload: (e) => JSON.stringify(e.data),
}

/** The columns that are written of an event. */
export const columnNames: readonly string[] = Object.keys(columns)
const arrays = columnNames.map((name, i) => `$${i + 1}::${name === 'id' ? 'uuid' : 'text'}[]`)
const statement = `INSERT INTO outbox (${columnNames.join(', ')}) SELECT * FROM unnest(${arrays.join(', ')})`

/**
 * Appends events to the outbox, in the transaction that changes the rows they tell of. One row is one CloudEvent;
 * Debezium reads it from the write-ahead log after the commit.
 */
export async function append(client: ClientBase, events: readonly Outgoing[]): Promise<void> {
  const values = columnNames.map((name) => events.map(columns[name]!))
  await client.query({ name: 'append-outbox', text: statement, values })
}
