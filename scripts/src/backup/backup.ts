import { createWriteStream, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { committedOf, type ConsumerGroup } from '@chorus/chassis/operate'
import { StackError } from '@chorus/stack'
import type { Kafka } from 'kafkajs'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { END_OF_ROWS, type Header, type Section } from './file.js'
import { windowOf, type Window } from './window.js'

/** Tables that are not of the past: the schema, and what running processes are at. */
const NOT_KEPT = ['migrations', 'migrations_lock', 'begun_batches', 'running_processes', 'canary']

/** What was kept. */
export interface Kept {
  takenAt: string
  rows: Record<string, number>
  /** Of the file. */
  bytes: number
  ms: number
  /** What would be lost if the disk were. */
  window: Window
}

/** The names of the migrations that made a database's schema, in their order. */
export async function migrationsOf(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>('SELECT name FROM migrations ORDER BY id')
  return rows.map(({ name }) => name)
}

/** The tables that a backup holds, with their columns. Partitions are held by their parents. */
async function sectionsOf(client: pg.Client): Promise<Section[]> {
  const { rows } = await client.query<Section>(
    `SELECT c.relname AS "table", array_agg(a.attname::text ORDER BY a.attnum) AS columns
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> ALL ($1)
        AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
      GROUP BY c.relname ORDER BY c.relname`,
    [NOT_KEPT],
  )
  return rows
}

/** The columns of a section, as SQL. */
export const columnsOf = ({ columns }: Section) => columns.map((name) => `"${name}"`).join(', ')

const line = (value: object) => Buffer.from(`${JSON.stringify(value)}\n`)

async function* contentsOf(
  client: pg.Client,
  header: Header,
  rows: Record<string, number>,
): AsyncGenerator<Buffer> {
  yield line(header)
  for (const section of await sectionsOf(client)) {
    yield line(section)
    // From a SELECT: of a divided table itself COPY would give nothing.
    const copy = client.query(
      copyTo(`COPY (SELECT ${columnsOf(section)} FROM public.${section.table}) TO STDOUT`),
    )
    for await (const chunk of copy) yield chunk as Buffer
    rows[section.table] = copy.rowCount
    yield END_OF_ROWS
  }
  yield line({ rows })
}

async function write(client: pg.Client, header: Header, path: string): Promise<Record<string, number>> {
  const rows: Record<string, number> = {}
  const part = `${path}.part`
  try {
    // It holds what users bought: nobody else may read it.
    await pipeline(contentsOf(client, header, rows), createGzip(), createWriteStream(part, { mode: 0o600 }))
    renameSync(part, path)
  } finally {
    rmSync(part, { force: true })
  }
  return rows
}

/**
 * Keeps all tables of a service in one file, as they are at one moment; the service goes on meanwhile.
 * @param group of the service
 * @param url of its database, with a role that may read everything
 * @throws StackError when the file is there already
 */
export async function backup(kafka: Kafka, group: ConsumerGroup, url: string, path: string): Promise<Kept> {
  if (existsSync(path))
    throw new StackError(`${path} is there already`, 'A backup is never overwritten.', 'name another file')
  const beginning = Date.now()
  // Before the snapshot: an offset is committed after what it tells of, so all before it is in the snapshot.
  const offsets = Object.fromEntries(await committedOf(kafka, group))
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const { rows: times } = await client.query<{ at: Date }>('SELECT now() AS at')
    const takenAt = times[0]!.at.toISOString()
    const migrations = await migrationsOf(client)
    const header: Header = {
      format: 'chorus-backup/1',
      service: group.name,
      takenAt,
      migrations,
      offsets,
    }
    const rows = await write(client, header, path)
    const ms = Date.now() - beginning
    const window = await windowOf(kafka, group.name, client)
    return { takenAt, rows, bytes: statSync(path).size, ms, window }
  } finally {
    await client.end()
  }
}
