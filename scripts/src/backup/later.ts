import { emits, messageOf, type Service } from '@chorus/chassis'
import { readMessages, type Take } from '@chorus/chassis/operate'
import { Fold, prepareTables, readFact } from '@chorus/chassis/recovery'
import type { Kafka } from 'kafkajs'
import type { Client } from 'pg'
import { refuseGaps } from '../recover/recover.js'
import { pagesOf } from '../recover/written.js'

/** A fact is on its topic a moment before others see its row, and clocks differ: what is known is left out anyway. */
const MARGIN_MS = 3_600_000

/** How a fact's headers are called in the outbox; see infra/connect/connector.json. */
const COLUMNS = {
  id: 'ce_id',
  type: 'ce_type',
  specversion: 'ce_specversion',
  source: 'ce_source',
  subject: 'ce_subject',
  time: 'ce_time',
  dataschema: 'ce_dataschema',
  datacontenttype: 'content-type',
  correlationid: 'ce_correlationid',
  causationid: 'ce_causationid',
  aggregateversion: 'ce_aggregateversion',
  traceparent: 'traceparent',
}

type Message = ReturnType<typeof messageOf>

/** Enters what facts tell of: themselves into the outbox, which they once came from, and their causes into the inbox. */
async function enter(client: Client, service: string, messages: readonly Message[]): Promise<void> {
  const of = (header: string) => messages.map(({ headers }) => headers[header] ?? '')
  const values = Object.entries(COLUMNS).map(([column, header], i) => ({
    column,
    array: `$${i + 4}::${column === 'id' ? 'uuid' : 'text'}[]`,
    value: of(header),
  }))
  const names = values.map(({ column }) => column).join(', ')
  await client.query(
    `INSERT INTO outbox (aggregatetype, aggregateid, payload, ${names}, created_at)
     SELECT $1, f.*, f.time::timestamptz
       FROM unnest($2::text[], $3::text[], ${values.map(({ array }) => array).join(', ')})
         AS f (aggregateid, payload, ${names})`,
    [
      service,
      messages.map(({ key }) => key),
      messages.map(({ value }) => value!.toString()),
      ...values.map(({ value }) => value),
    ],
  )
  await client.query(
    `INSERT INTO inbox (id, received_at) SELECT * FROM unnest($1::uuid[], $2::timestamptz[]) ON CONFLICT DO NOTHING`,
    [of('ce_causationid'), of('ce_time')],
  )
}

async function rowsOf(
  client: Client,
  { tables }: Service,
): Promise<Record<string, Record<string, unknown>[]>> {
  const known: Record<string, Record<string, unknown>[]> = {}
  for (const [key, { name }] of Object.entries(tables))
    known[key] = (await client.query<Record<string, unknown>>(`SELECT * FROM ${name}`)).rows
  return known
}

async function writeChanges(client: Client, { tables }: Service, fold: Fold): Promise<void> {
  const sql = await prepareTables(client, tables)
  for (const { table, inserts, updates, columns } of fold.changes()) {
    for (const rows of pagesOf(updates)) await sql.get(table)!.update(client, rows, columns)
    for (const rows of pagesOf(inserts)) await sql.get(table)!.insert(client, rows)
  }
}

/**
 * Brings the tables of a service from a moment of the past to what its own topic knows, outbox and inbox too.
 * @param client in the transaction that holds the tables as they were
 * @param takenAt when they were so
 * @returns how many facts came later
 * @throws StackError when the topic has gaps
 */
export async function foldLater(
  client: Client,
  kafka: Kafka,
  service: Service,
  takenAt: Date,
): Promise<number> {
  const fold = new Fold(service, await rowsOf(client, service))
  const types = new Set(emits(service))
  const topic = `${service.name}.events`
  let folded = 0
  const take: Take = async (messages, partition) => {
    const later = messages.filter((message) => {
      const fact = readFact(topic, partition, message, types)
      return typeof fact === 'object' && fold.fact(fact.event, fact.version) !== 'KNOWN'
    })
    folded += later.length
    for (const page of pagesOf(later.map((message) => messageOf(topic, partition, message))))
      await enter(client, service.name, page)
  }
  await readMessages(kafka, topic, take, new Date(takenAt.getTime() - MARGIN_MS))
  refuseGaps(fold, service.name)
  await writeChanges(client, service, fold)
  return folded
}
