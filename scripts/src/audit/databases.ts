import pg from 'pg'
import { MOST_IDS, type Look } from './finding.js'

/** Ids that go from one database to another in one statement. */
const PAGE = 20_000

/** A set of ids in one database. */
export interface Source {
  service: string
  /** SELECT of `id` (uuid), and of `value` (text) if the other side is to compare one. */
  rows: string
  values?: readonly unknown[]
}

/** The other database. */
export interface Target {
  service: string
  /** SQL condition that is true of a `wanted (id uuid, value text)` which is broken there. */
  broken: string
}

interface Page {
  ids: string | null
  values: string
  n: number
  last: string
}

/** The databases of the services, to be looked at and not changed. */
export class Databases {
  private readonly pools: Map<string, pg.Pool>

  /** @param urls by service, of a role that may read everything and make temporary tables */
  constructor(urls: Readonly<Record<string, string>>) {
    this.pools = new Map(
      Object.entries(urls).map(([service, connectionString]) => {
        const pool = new pg.Pool({ connectionString, application_name: 'chorus audit', max: 3 })
        pool.on('error', () => {})
        return [service, pool]
      }),
    )
  }

  get services(): string[] {
    return [...this.pools.keys()]
  }

  /** A session of one's own, for temporary tables. Release it. @throws Error when there is no such service */
  session(service: string): Promise<pg.PoolClient> {
    return this.poolOf(service).connect()
  }

  async query<Row extends pg.QueryResultRow>(
    service: string,
    sql: string,
    values: readonly unknown[] = [],
  ): Promise<Row[]> {
    return (await this.poolOf(service).query<Row>(sql, [...values])).rows
  }

  /**
   * Looks within one database.
   * @param looked SELECT of one count @param broken SELECT of the ids that are broken, as `id`
   */
  async within(service: string, looked: string, broken: string, values: unknown[] = []): Promise<Look> {
    const [count] = await this.query<{ n: number }>(service, `SELECT (${looked})::int AS n`)
    return { looked: count!.n, ...(await brokenIn(this.poolOf(service), broken, values)) }
  }

  /**
   * Looks up the ids of one database in another, page by page: an array of ids goes over as the text that Postgres
   * made of it, so neither side nor this process ever holds more than a page.
   */
  async across(source: Source, target: Target): Promise<Look> {
    const found: Look = { looked: 0, broken: 0, ids: [] }
    for (let page = await this.page(source); page.n > 0; page = await this.page(source, page.last)) {
      const { broken, ids } = await brokenIn(
        this.poolOf(target.service),
        `SELECT wanted.id FROM unnest($1::uuid[], $2::text[]) AS wanted (id, value) WHERE ${target.broken}`,
        [page.ids, page.values],
      )
      found.looked += page.n
      found.broken += broken
      found.ids = [...found.ids, ...ids].slice(0, MOST_IDS)
    }
    return found
  }

  close(): Promise<unknown> {
    return Promise.all([...this.pools.values()].map((pool) => pool.end()))
  }

  private async page({ service, rows, values = [] }: Source, after?: string): Promise<Page> {
    const from = after === undefined ? '' : `WHERE id > '${after}'::uuid`
    const [page] = await this.query<Page>(
      service,
      `SELECT array_agg(id ORDER BY id)::text AS ids, array_agg(value ORDER BY id)::text AS values,
              count(*)::int AS n, (array_agg(id ORDER BY id DESC))[1] AS last
         FROM (SELECT id, value FROM (${rows}) AS source ${from} ORDER BY id LIMIT ${PAGE}) AS page`,
      values,
    )
    return page!
  }

  private poolOf(service: string): pg.Pool {
    const pool = this.pools.get(service)
    if (!pool) throw new Error(`the auditor was given no database of ${service}`)
    return pool
  }
}

/** Counts the ids that a SELECT of `id` gives, and keeps the first. */
export async function brokenIn(
  client: pg.Pool | pg.PoolClient,
  broken: string,
  values: readonly unknown[] = [],
): Promise<Pick<Look, 'broken' | 'ids'>> {
  const { rows } = await client.query<{ broken: number; ids: string[] | null }>(
    `SELECT count(*)::int AS broken, (array_agg(id::text ORDER BY id::text))[1:${MOST_IDS}] AS ids
       FROM (${broken}) AS found`,
    [...values],
  )
  return { broken: rows[0]!.broken, ids: rows[0]!.ids ?? [] }
}
