import type { Topology } from '@chorus/contracts'
import type { PoolClient } from 'pg'
import { dataOf, expectationsOf, stateOf, type Step } from './flow/index.js'

type Known = Pick<Step, 'id' | 'type' | 'atMs' | 'data'>

/** The events whose fields say what must follow. OrderCreated is one; it also says whose the order is. */
const toldByFields = ({ services }: Topology): string[] => [
  ...new Set(
    services.flatMap(({ duties }) =>
      duties.flatMap(({ after, when, unless, by }) => ((when ?? unless ?? by) === undefined ? [] : [after])),
    ),
  ),
]

/** What is known of flows. Of most events the type is enough: to read all data again would be most of the work. */
export async function stepsOf(
  client: PoolClient,
  flowIds: readonly string[],
  topology: Topology,
): Promise<Map<string, Known[]>> {
  const { rows } = await client.query<{
    flow_id: string
    id: string
    type: string
    at_ms: number
    payload: string | null
  }>(
    `SELECT flow_id, id, type, (extract(epoch FROM at) * 1000)::float8 AS at_ms,
            CASE WHEN type = ANY($2) THEN payload END AS payload
       FROM steps WHERE flow_id = ANY($1)`,
    [flowIds, toldByFields(topology)],
  )
  const flows = new Map<string, Known[]>()
  for (const { flow_id, id, type, at_ms, payload } of rows) {
    const steps = flows.get(flow_id) ?? []
    steps.push({ id, type, atMs: at_ms, data: payload === null ? {} : dataOf(payload) })
    flows.set(flow_id, steps)
  }
  return flows
}

/** What the steps of a flow make of it: a row of flows. */
export function summaryOf(id: string, steps: readonly Known[], topology: Topology) {
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
export async function saveFlows(
  client: PoolClient,
  flows: readonly ReturnType<typeof summaryOf>[],
): Promise<void> {
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
