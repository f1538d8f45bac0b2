import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'

const CHUNK_CHARACTERS = 1 << 16

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

/** A value as the text format of `COPY` has it. */
function textOf(value: unknown): string {
  if (value === null || value === undefined) return '\\N'
  if (value instanceof Date) return value.toISOString()
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.replace(/[\\\t\n\r]/g, (sign) => ESCAPES[sign]!)
}

function* chunksOf(rows: Iterable<readonly unknown[]>): Generator<string> {
  let chunk = ''
  for (const row of rows) {
    chunk += `${row.map(textOf).join('\t')}\n`
    if (chunk.length < CHUNK_CHARACTERS) continue
    yield chunk
    chunk = ''
  }
  if (chunk !== '') yield chunk
}

/**
 * Enters rows with `COPY`: half the work of an INSERT of the same rows, for here and for Postgres.
 * @param rows values in the order of the columns; of `jsonb` columns their text
 */
export async function copyInto(
  client: Client,
  table: string,
  columns: readonly string[],
  rows: Iterable<readonly unknown[]>,
): Promise<void> {
  const names = columns.map((name) => `"${name}"`).join(', ')
  const copy = client.query(copyFrom(`COPY ${table} (${names}) FROM STDIN`))
  await pipeline(Readable.from(chunksOf(rows)), copy)
}
