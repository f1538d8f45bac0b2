import { CannotGoOn } from '@chorus/chassis'
import type { Topology } from '@chorus/contracts'
import type { Pool, PoolClient } from 'pg'
import type { PlacedStep } from './flow/index.js'
import { column, enterLogs, noteCopies, noteSentAgain } from './places.js'
import { saveFlows, stepsOf, summaryOf } from './summaries.js'

/** Two writers would not see each other's steps. The number is only unlikely to be used by others. */
const LOCK = 7_265_302

/** Thrown when the tables were emptied under way: the topics are to be read again, from their start. */
export class Emptied extends CannotGoOn {}

/** For tables that were emptied, or some of them: no log was read yet, and the counts are those of what is there. */
const BEGIN_ANEW = `
  SELECT pg_advisory_xact_lock(${LOCK});
  DELETE FROM logs;
  DELETE FROM flow_counts;
  INSERT INTO flow_counts SELECT state, count(*) FROM flows GROUP BY state;
  INSERT INTO reading (group_id) VALUES ('tracker-' || gen_random_uuid()) ON CONFLICT DO NOTHING`

/** The consumer group of these tables: empty tables get a new one, so the topics are read from their start. */
export async function groupOf(pool: Pool): Promise<string> {
  const read = async () =>
    (await pool.query<{ group_id: string }>('SELECT group_id FROM reading')).rows[0]?.group_id
  const group = await read()
  if (group !== undefined) return group
  await pool.query(BEGIN_ANEW)
  return (await read())!
}

/** @returns how many were new */
async function insertSteps(client: PoolClient, steps: readonly PlacedStep[]): Promise<number> {
  const { rowCount } = await client.query(
    `INSERT INTO steps (flow_id, id, type, service, at, causation_id, traceparent, dataschema, topic, partition, "offset", payload, log)
     SELECT came.*, logs.log
       FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[],
                   $8::text[], $9::text[], $10::int[], $11::bigint[], $12::text[])
         AS came (flow_id, id, type, service, at, causation_id, traceparent, dataschema, topic, partition, "offset", payload)
       JOIN logs USING (topic, partition)
     ON CONFLICT DO NOTHING`,
    [
      column(steps, (s) => s.flowId),
      column(steps, (s) => s.id),
      column(steps, (s) => s.type),
      column(steps, (s) => s.service),
      column(steps, (s) => new Date(s.atMs).toISOString()),
      column(steps, (s) => s.causationId),
      column(steps, (s) => s.traceparent),
      column(steps, (s) => s.dataschema),
      column(steps, (s) => s.topic),
      column(steps, (s) => s.partition),
      column(steps, (s) => s.offset),
      column(steps, (s) => s.payload),
    ],
  )
  return rowCount ?? 0
}

/**
 * Stores steps, and what they make of their flows, in one transaction: the same rows whatever comes twice, late, or in
 * another order.
 * @returns the flows that changed
 * @throws Emptied when the tables are not those that this group reads for; any database error
 */
export async function storeSteps(
  pool: Pool,
  group: string,
  steps: readonly PlacedStep[],
  topology: Topology,
): Promise<string[]> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query('BEGIN')
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK])
    const { rowCount } = await client.query('SELECT 1 FROM reading WHERE group_id = $1', [group])
    if (rowCount === 0) throw new Emptied('the tables were emptied; they are read from the topics again')
    await enterLogs(client, steps)
    if ((await insertSteps(client, steps)) < steps.length) {
      await noteSentAgain(client, steps)
      await noteCopies(client, steps)
    }
    const flows = await stepsOf(client, [...new Set(steps.map(({ flowId }) => flowId))], topology)
    await saveFlows(
      client,
      [...flows].map(([id, known]) => summaryOf(id, known, topology)),
    )
    await client.query('COMMIT')
    return [...flows.keys()]
  } catch (error) {
    await client.query('ROLLBACK').catch((lost: Error) => {
      broken = lost
    })
    throw error
  } finally {
    client.release(broken)
  }
}
