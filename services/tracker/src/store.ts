import { CannotGoOn } from '@chorus/chassis'
import type { Topology } from '@chorus/contracts'
import type { Pool, PoolClient } from 'pg'
import { dataOf, expectationsOf, stateOf, type PlacedStep, type Step } from './flow/index.js'
import { column, enterLogs, noteCopies, noteSentAgain } from './places.js'

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

type Known = Pick<Step, 'id' | 'type' | 'atMs' | 'data'>

async function stepsOf(client: PoolClient, flowIds: readonly string[]): Promise<Map<string, Known[]>> {
  const { rows } = await client.query<{
    flow_id: string
    id: string
    type: string
    at: Date
    payload: string
  }>('SELECT flow_id, id, type, at, payload FROM steps WHERE flow_id = ANY($1)', [flowIds])
  const flows = new Map<string, Known[]>()
  for (const { flow_id, id, type, at, payload } of rows) {
    const steps = flows.get(flow_id) ?? []
    steps.push({ id, type, atMs: at.getTime(), data: dataOf(payload) })
    flows.set(flow_id, steps)
  }
  return flows
}

function summaryOf(id: string, steps: readonly Known[], topology: Topology) {
  // Events of one transaction have one time; by their ids the same order comes out again when all is rebuilt.
  const ordered = steps.toSorted((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1))
  const last = ordered.at(-1)!
  const waits = expectationsOf(ordered, topology)
  const since = waits[0]?.sinceMs
  return {
    id,
    user: ordered.map(({ data }) => data.userId).find((user) => typeof user === 'string') ?? null,
    state: stateOf(ordered, topology),
    steps: steps.length,
    lastType: last.type,
    lastAt: new Date(last.atMs).toISOString(),
    waits: JSON.stringify(waits),
    since: since === undefined ? null : new Date(since).toISOString(),
    createdAt: new Date(ordered[0]!.atMs).toISOString(),
  }
}

/** Saves flows, and counts them by state: a count over all of them would read them all. */
async function saveFlows(client: PoolClient, flows: readonly ReturnType<typeof summaryOf>[]): Promise<void> {
  await client.query(
    `WITH saved AS (
     INSERT INTO flows (id, user_id, state, steps, last_type, last_at, waits, waiting_since, created_at)
     SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::text[], $6::timestamptz[], $7::jsonb[],
                          $8::timestamptz[], $9::timestamptz[])
     ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, state = excluded.state, steps = excluded.steps,
       last_type = excluded.last_type, last_at = excluded.last_at, waits = excluded.waits,
       waiting_since = excluded.waiting_since, created_at = excluded.created_at
     RETURNING old.state AS was, new.state AS state
     ), changed AS (
       SELECT state, 1 AS one FROM saved WHERE was IS DISTINCT FROM state
       UNION ALL SELECT was, -1 FROM saved WHERE was <> state
     )
     INSERT INTO flow_counts (state, count) SELECT state, sum(one) FROM changed GROUP BY state
     ON CONFLICT (state) DO UPDATE SET count = flow_counts.count + excluded.count`,
    [
      flows.map((f) => f.id),
      flows.map((f) => f.user),
      flows.map((f) => f.state),
      flows.map((f) => f.steps),
      flows.map((f) => f.lastType),
      flows.map((f) => f.lastAt),
      flows.map((f) => f.waits),
      flows.map((f) => f.since),
      flows.map((f) => f.createdAt),
    ],
  )
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
    const flows = await stepsOf(client, [...new Set(steps.map(({ flowId }) => flowId))])
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
