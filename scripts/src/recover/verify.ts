import type { Service } from '@chorus/chassis'
import { StackError } from '@chorus/stack'
import type { Kafka } from 'kafkajs'
import pg from 'pg'
import { rebuild, type Account } from './rebuild.js'
import { untilStreamed } from './streamed.js'
import { contentsOf, writeRows, type Contents } from './written.js'

/** One table, as it is and as the topics would have it. */
export interface Compared extends Contents {
  rebuilt: Omit<Contents, 'table'>
  /** Ids of the first rows that differ, are missing or too many. */
  differing: string[]
}

/** What came of it. */
export interface Verified extends Account {
  tables: Compared[]
  /** Facts that cannot be folded: the one before them is on no topic. */
  gaps: number
  /** Until all rows were rebuilt, in this process. */
  foldMs: number
}

const SCHEMA = 'chorus_verify'
const MOST_IDS = 5
/** The inbox is only asked about what is younger: it does not keep ids for ever. */
const SURELY_HANDLED_MS = 86_400_000

/** The ids that the service had handled, as the session sees them. */
const handledIn = (client: pg.Client) => async (ids: readonly string[]) => {
  const { rows } = await client.query<{ id: string }>('SELECT id FROM inbox WHERE id = ANY($1::uuid[])', [
    ids,
  ])
  return new Set(rows.map(({ id }) => id))
}

async function makeTables(client: pg.Client, { tables, name }: Service): Promise<void> {
  const { rows } = await client.query<{ mine: boolean }>(
    `SELECT pg_try_advisory_lock(hashtext('${SCHEMA}')) AS mine`,
  )
  if (!rows[0]!.mine)
    throw new StackError(
      `${name} is being verified already`,
      'Two cannot do it at once.',
      'wait for the other one',
    )
  await client.query(
    `DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE; CREATE SCHEMA ${SCHEMA}; SET search_path = ${SCHEMA}`,
  )
  for (const { name: table } of Object.values(tables))
    await client.query(`CREATE TABLE ${table} (LIKE public.${table} INCLUDING ALL)`)
}

/** Hashes of the rows by id. */
async function hashesIn(client: pg.Client, schema: string, { name, id }: Service['tables'][string]) {
  const { rows } = await client.query<{ id: string; hash: string }>(
    `SELECT ${id}::text AS id, md5(t::text) AS hash FROM ${schema}.${name} t`,
  )
  return new Map(rows.map((row) => [row.id, row.hash]))
}

async function differing(
  live: pg.Client,
  built: pg.Client,
  table: Service['tables'][string],
): Promise<string[]> {
  const [is, should] = [await hashesIn(live, 'public', table), await hashesIn(built, SCHEMA, table)]
  return [...new Set([...is.keys(), ...should.keys()])]
    .filter((id) => is.get(id) !== should.get(id))
    .slice(0, MOST_IDS)
}

async function compare(live: pg.Client, built: pg.Client, service: Service): Promise<Compared[]> {
  const is = await contentsOf(live, service, 'public')
  const should = await contentsOf(built, service, SCHEMA)
  const tables = Object.values(service.tables)
  const compared: Compared[] = []
  for (const [i, contents] of is.entries()) {
    const { rows, hash } = should[i]!
    const same = hash === contents.hash
    compared.push({
      ...contents,
      rebuilt: { rows, hash },
      differing: same ? [] : await differing(live, built, tables[i]!),
    })
  }
  return compared
}

/**
 * Rebuilds a service's tables beside the live ones and compares them. It reads one snapshot of the live tables and
 * folds exactly what had been handled in it, so the service may go on working; nothing of it is changed.
 * @param url of the service's database, with a role that may make a schema
 */
export async function verify(
  service: Service,
  url: string,
  kafka: Kafka,
  onProgress?: (account: Account) => void,
): Promise<Verified> {
  const [live, built] = [new pg.Client({ connectionString: url }), new pg.Client({ connectionString: url })]
  await Promise.all([live.connect(), built.connect()])
  try {
    await makeTables(built, service)
    await live.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1')
    await untilStreamed(url)
    const startedAt = Date.now()
    const visible = { before: new Date(startedAt - SURELY_HANDLED_MS), among: handledIn(live) }
    const rebuilt = await rebuild({
      kafka,
      service,
      visible,
      ...(onProgress && { onProgress }),
    })
    const foldMs = Date.now() - startedAt
    await writeRows(built, service, rebuilt)
    const tables = await compare(live, built, service)
    await built.query(`DROP SCHEMA ${SCHEMA} CASCADE`)
    const { fold, folded, projected, repeated, foreign } = rebuilt
    return { tables, folded, projected, repeated, foreign, gaps: fold.gaps, foldMs }
  } finally {
    await Promise.all([live.end(), built.end()])
  }
}
