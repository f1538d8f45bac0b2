import type { ClientBase, Pool } from 'pg'
import type { Table, Tables } from './rows.js'

interface Column {
  name: string
  type: string
}

/** The set-based statements of one table: one round trip, whatever the number of rows. */
export interface TableSql {
  /** Those that are written, in the order of `valuesOf`. */
  columns: readonly string[]
  /** What is written of a row; of `jsonb` columns the text. */
  valuesOf(row: Record<string, unknown>): unknown[]
  load(client: ClientBase, ids: readonly string[], lock: boolean): Promise<Record<string, unknown>[]>
  insert(client: ClientBase, rows: readonly Record<string, unknown>[]): Promise<void>
  /** @param columns those that may have changed: the others are not written */
  update(
    client: ClientBase,
    rows: readonly Record<string, unknown>[],
    columns: readonly string[],
  ): Promise<void>
}

const quote = (name: string) => `"${name}"`

function valueOf({ name, type }: Column, row: Record<string, unknown>): unknown {
  const value = row[name] ?? null
  return type === 'jsonb' && value !== null ? JSON.stringify(value) : value
}

/** One array a column, as `unnest` takes them. */
const columnar = (columns: readonly Column[], rows: readonly Record<string, unknown>[]) =>
  columns.map((column) => rows.map((row) => valueOf(column, row)))

const namesOf = (columns: readonly Column[]) => columns.map(({ name }) => quote(name)).join(', ')
const arraysOf = (columns: readonly Column[]) =>
  columns.map(({ type }, i) => `$${i + 1}::${type}[]`).join(', ')

function updateOf(table: Table, id: Column, columns: readonly Column[]): string {
  const changes = columns.filter((c) => c !== id).map(({ name }) => `${quote(name)} = v.${quote(name)}`)
  const values = `unnest(${arraysOf(columns)}) AS v(${namesOf(columns)})`
  return `UPDATE ${table.name} t SET ${changes.join(', ')} FROM ${values} WHERE t.${quote(id.name)} = v.${quote(id.name)}`
}

function statementsOf(table: Table, columns: readonly Column[]): TableSql {
  const id = columns.find(({ name }) => name === table.id)
  if (!id) throw new Error(`table ${table.name} has no column ${table.id}: is its migration missing?`)
  const [names, arrays] = [namesOf(columns), arraysOf(columns)]
  const select = `SELECT * FROM ${table.name} WHERE ${quote(id.name)} = ANY($1::${id.type}[]) ORDER BY ${quote(id.name)}`
  const insert = `INSERT INTO ${table.name} (${names}) SELECT * FROM unnest(${arrays})`
  const reading = { name: `read-${table.name}`, text: select }
  const locking = { name: `lock-${table.name}`, text: `${select} FOR NO KEY UPDATE` }
  return {
    columns: columns.map(({ name }) => name),
    valuesOf: (row) => columns.map((column) => valueOf(column, row)),
    // FOR NO KEY UPDATE: no rule changes a primary key.
    load: async (client, ids, lock) =>
      (await client.query<Record<string, unknown>>({ ...(lock ? locking : reading), values: [ids] })).rows,
    insert: async (client, rows) =>
      void (await client.query({
        name: `insert-${table.name}`,
        text: insert,
        values: columnar(columns, rows),
      })),
    update: async (client, rows, changed) => {
      const written = columns.filter((column) => column === id || changed.includes(column.name))
      await client.query({
        // Postgres cuts a name off after 63 bytes, and two that are alike until there are one to it.
        name: `update-${table.name}-${written.map((column) => columns.indexOf(column)).join('-')}`,
        text: updateOf(table, id, written),
        values: columnar(written, rows),
      })
    },
  }
}

/**
 * Reads the columns of a service's tables from the catalogue and makes their statements.
 * @throws Error when a table or its id column is missing
 */
export async function prepareTables(
  pool: Pick<Pool, 'query'>,
  tables: Tables,
): Promise<Map<string, TableSql>> {
  const { rows } = await pool.query<Column & { table: string }>(
    `SELECT c.relname AS table, a.attname AS name, format_type(a.atttypid, NULL) AS type
       FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
      WHERE c.oid = ANY($1::regclass[]) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum`,
    [Object.values(tables).map(({ name }) => name)],
  )
  return new Map(
    Object.entries(tables).map(([key, table]) => [
      key,
      statementsOf(
        table,
        rows.filter((row) => row.table === table.name),
      ),
    ]),
  )
}
