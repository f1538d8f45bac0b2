import type { PoolClient } from 'pg'
import type { PlacedStep } from './flow/index.js'

/** The values of one column, for `unnest`. */
export const column = (steps: readonly PlacedStep[], pick: (step: PlacedStep) => unknown) => steps.map(pick)

/** Steps as rows of topic, partition, offset, flow_id and id. */
const CAME = `unnest($1::text[], $2::int[], $3::bigint[], $4::uuid[], $5::uuid[])
  AS came (topic, partition, "offset", flow_id, id)`

const cameOf = (steps: readonly PlacedStep[]) => [
  column(steps, (s) => s.topic),
  column(steps, (s) => s.partition),
  column(steps, (s) => s.offset),
  column(steps, (s) => s.flowId),
  column(steps, (s) => s.id),
]

const partitionOf = ({ topic, partition }: { topic: string; partition: number }) => `${topic}/${partition}`

interface Log {
  topic: string
  partition: number
  /** A partition that was made anew is another log. */
  log: number
  /** The first offset that was not read yet. */
  next: bigint
}

async function knownLogs(client: PoolClient): Promise<Map<string, Log>> {
  const { rows } = await client.query<Omit<Log, 'next'> & { next: string }>(
    'SELECT topic, partition, log, next::text FROM logs',
  )
  return new Map(rows.map((row) => [partitionOf(row), { ...row, next: BigInt(row.next) }]))
}

/** The partitions in which something stands where something else was read before. */
async function madeAnew(client: PoolClient, again: readonly PlacedStep[]): Promise<ReadonlySet<string>> {
  if (again.length === 0) return new Set()
  const { rows } = await client.query<{ topic: string; partition: number }>(
    `SELECT DISTINCT came.topic, came.partition FROM ${CAME}
      WHERE NOT EXISTS (SELECT FROM steps s WHERE (s.flow_id, s.id) = (came.flow_id, came.id)
              AND (s.topic, s.partition, s."offset") = (came.topic, came.partition, came."offset"))
        AND NOT EXISTS (SELECT FROM copies c WHERE c.id = came.id
              AND (c.topic, c.partition, c."offset") = (came.topic, came.partition, came."offset"))`,
    cameOf(again),
  )
  return new Set(rows.map(partitionOf))
}

/**
 * Notes how far each partition was read. A log never changes, so what differs from what was read at the same place
 * tells that the partition was made anew, as after a broker was lost: places that were noted before are gone then.
 */
export async function enterLogs(client: PoolClient, steps: readonly PlacedStep[]): Promise<void> {
  const known = await knownLogs(client)
  const again = steps.filter((step) => BigInt(step.offset) < (known.get(partitionOf(step))?.next ?? 0n))
  const anew = await madeAnew(client, again)
  const logs = new Map<string, Log>()
  for (const { topic, partition, offset } of steps) {
    const name = partitionOf({ topic, partition })
    const before = known.get(name) ?? { log: 1, next: 0n }
    const begun = anew.has(name) ? { log: before.log + 1, next: 0n } : before
    const { log, next } = logs.get(name) ?? begun
    const after = BigInt(offset) + 1n
    logs.set(name, { topic, partition, log, next: after > next ? after : next })
  }
  const all = [...logs.values()]
  await client.query(
    `INSERT INTO logs (topic, partition, log, next) SELECT * FROM unnest($1::text[], $2::int[], $3::int[], $4::bigint[])
     ON CONFLICT (topic, partition) DO UPDATE SET log = excluded.log, next = excluded.next`,
    [
      all.map(({ topic }) => topic),
      all.map(({ partition }) => partition),
      all.map(({ log }) => log),
      all.map(({ next }) => String(next)),
    ],
  )
  const gone = all.filter((log) => anew.has(partitionOf(log)))
  if (gone.length > 0)
    await client.query(
      `DELETE FROM copies USING unnest($1::text[], $2::int[]) AS gone (topic, partition)
        WHERE (copies.topic, copies.partition) = (gone.topic, gone.partition)`,
      [gone.map(({ topic }) => topic), gone.map(({ partition }) => partition)],
    )
}

/** A step whose place is gone was sent again: from now on it stands where it came to. */
export async function noteSentAgain(client: PoolClient, steps: readonly PlacedStep[]): Promise<void> {
  await client.query(
    `UPDATE steps s
        SET topic = came.topic, partition = came.partition, "offset" = came."offset", log = here.log, resent = true
       FROM ${CAME} JOIN logs here USING (topic, partition)
      WHERE (s.flow_id, s.id) = (came.flow_id, came.id)
        AND s.log < (SELECT was.log FROM logs was WHERE (was.topic, was.partition) = (s.topic, s.partition))`,
    cameOf(steps),
  )
}

/** The same event at another place of its topic is a copy; read again at the same place it is none. */
export async function noteCopies(client: PoolClient, steps: readonly PlacedStep[]): Promise<void> {
  await client.query(
    `INSERT INTO copies (topic, partition, "offset", flow_id, id)
     SELECT came.* FROM ${CAME} JOIN steps s USING (flow_id, id)
      WHERE (s.topic, s.partition, s."offset") <> (came.topic, came.partition, came."offset")
     ON CONFLICT DO NOTHING`,
    cameOf(steps),
  )
}
