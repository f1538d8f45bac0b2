import { prepareTables } from '@chorus/chassis/recovery'
import type { Service } from '@chorus/chassis'
import type { Client } from 'pg'
import { copyInto } from './copy.js'
import type { Rebuilt } from './rebuild.js'

const ROWS_A_STATEMENT = 5000

/** Splits a list. */
export function* pagesOf<T>(list: readonly T[], size = ROWS_A_STATEMENT): Generator<readonly T[]> {
  for (let i = 0; i < list.length; i += size) yield list.slice(i, i + size)
}

/** Writes all rows into the tables that the session's search path leads to; they must be empty. */
export async function writeRows(client: Client, { tables }: Service, { fold }: Rebuilt): Promise<void> {
  const sql = await prepareTables(client, tables)
  for (const [key, { name }] of Object.entries(tables)) {
    const { columns, valuesOf } = sql.get(key)!
    await copyInto(client, name, columns, fold.rows(key).map(valuesOf))
  }
}

/** What a table holds. */
export interface Contents {
  table: string
  rows: number
  /** Of all rows as text, in an order of its own: equal for equal rows. */
  hash: string
}

/** Hashes the tables of a service, as the session sees them in a schema. */
export async function contentsOf(client: Client, { tables }: Service, schema: string): Promise<Contents[]> {
  const contents: Contents[] = []
  for (const { name } of Object.values(tables)) {
    const { rows } = await client.query<Contents>(
      `SELECT $1::text AS "table", count(*)::int AS rows, md5(coalesce(string_agg(h, '' ORDER BY h), '')) AS hash
         FROM (SELECT md5(t::text) AS h FROM ${schema}.${name} t) AS hashed`,
      [name],
    )
    contents.push(rows[0]!)
  }
  return contents
}
