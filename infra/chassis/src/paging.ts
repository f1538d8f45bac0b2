import type { Knex } from 'knex'
import { uuid } from './schemas.js'

/** One page of a list. */
export interface Page<Item> {
  items: Item[]
  /** Send it back as `cursor` for the next page; absent on the last. */
  nextCursor?: string
}

/** JSON Schema properties of a paged query. */
export const paging = {
  cursor: { type: 'string', maxLength: 200, description: 'The `nextCursor` of the page before.' },
  limit: { type: 'integer', minimum: 1, maximum: 100, default: 20, description: 'Items of a page, at most.' },
} as const

/** Where a page begins: after the row with this time and id, newest first. */
export interface Place {
  at: string
  id: string
}

const UUID = new RegExp(uuid.pattern)
/** As `pageOf` writes it, in years that Postgres knows. */
const INSTANT = /^[1-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** Reads a cursor; one that is not ours begins at the start. */
export function placeOf(cursor: unknown): Place | undefined {
  if (typeof cursor !== 'string') return undefined
  const [at = '', id = ''] = Buffer.from(cursor, 'base64url').toString().split(' ')
  return INSTANT.test(at) && !Number.isNaN(Date.parse(at)) && UUID.test(id) ? { at, id } : undefined
}

/** Makes a page of rows that were read with `limit + 1`. */
export function pageOf<Row extends { id: string; created_at: Date }, Item>(
  rows: readonly Row[],
  limit: number,
  view: (row: Row) => Item,
): Page<Item> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  const more = rows.length > limit && last
  return {
    items: items.map(view),
    ...(more && {
      nextCursor: Buffer.from(`${last.created_at.toISOString()} ${last.id}`).toString('base64url'),
    }),
  }
}

/**
 * Reads one page of the rows that a query selects, newest first.
 * @param query the checked query string, with the properties of `paging`
 */
export async function readPage<Row extends { id: string; created_at: Date }, Item>(
  rows: Knex.QueryBuilder,
  query: Record<string, unknown>,
  view: (row: Row) => Item,
): Promise<Page<Item>> {
  const limit = query.limit as number
  const place = placeOf(query.cursor)
  if (place) void rows.whereRaw('(created_at, id) < (?, ?)', [place.at, place.id])
  const found = (await rows.orderByRaw('created_at DESC, id DESC').limit(limit + 1)) as Row[]
  return pageOf(found, limit, view)
}
