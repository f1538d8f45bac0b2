import { databaseUrlOf, signToken, addressesOf, type RunFile } from '@chorus/stack'
import type { Kafka } from 'kafkajs'
import pg from 'pg'
import { Pool as HttpPool } from 'undici'
import { kafkaOf } from '../kafka.js'
import { clientOf, type Client } from '../client.js'

/** An answer to POST /orders. */
export interface Placed {
  status: number
  /** Of the order, when it was accepted. */
  id?: string
}

const CONNECTIONS = 512
/** As many callers, each with a token of its own: services remember tokens. */
const USERS = 200
/** A plain index scan clears away the index entries of dead rows as it goes; other scans read them each time. */
const SESSION = '-c enable_bitmapscan=off -c enable_seqscan=off'

/** The headers of a JSON request. */
export const callerHeaders = (token: string): Record<string, string> => ({
  authorization: `Bearer ${token}`,
  'content-type': 'application/json',
})

/** Tokens of so many users. */
export const tokensFor = (run: RunFile, name: string, count: number): Promise<string[]> =>
  Promise.all(
    Array.from({ length: count }, (_, i) =>
      signToken(run.home, { userId: `${name}-${i}`, ttlSeconds: 86_400 }),
    ),
  )

/** A running system with what a bench needs: its REST side, and its databases past the roles. */
export class Rig {
  private readonly pools = new Map<string, pg.Pool>()
  private readonly orders: HttpPool
  private next = 0

  private constructor(
    readonly run: RunFile,
    readonly admin: Client,
    private readonly tokens: readonly string[],
  ) {
    this.orders = new HttpPool(addressesOf(run).order!, { connections: CONNECTIONS })
  }

  /** Opens the rig of a run. */
  static async open(run: RunFile): Promise<Rig> {
    return new Rig(run, await clientOf(run, 'bench-admin', true), await tokensFor(run, 'bench', USERS))
  }

  /** Sends one POST /orders. Never throws: what got no answer has status 0. @param key Idempotency-Key */
  async place(body: object, key: string): Promise<Placed> {
    try {
      const { statusCode, body: answer } = await this.orders.request({
        path: '/orders',
        method: 'POST',
        headers: { ...this.nextCaller(), 'idempotency-key': key },
        body: JSON.stringify(body),
      })
      const { id } = (await answer.json()) as { id?: string }
      return { status: statusCode, ...(statusCode === 202 && id !== undefined && { id }) }
    } catch {
      return { status: 0 }
    }
  }

  private nextCaller(): Record<string, string> {
    this.next = (this.next + 1) % this.tokens.length
    return callerHeaders(this.tokens[this.next]!)
  }

  /** A client of the system's broker, without a connection yet. */
  kafka(): Kafka {
    return kafkaOf(this.run, 'bench')
  }

  /** Queries a database of the system as its superuser. */
  async sql<Row extends pg.QueryResultRow>(
    database: string,
    query: string,
    values: unknown[] = [],
  ): Promise<Row[]> {
    return (await this.pool(database).query<Row>(query, values)).rows
  }

  /** Sessions of the superuser. @param size how many, at most */
  pool(database: string, size = 2): pg.Pool {
    const known = this.pools.get(database)
    if (known) return known
    const pool = new pg.Pool({
      connectionString: databaseUrlOf(this.run, database),
      max: size,
      options: SESSION,
    })
    pool.on('error', () => {})
    this.pools.set(database, pool)
    return pool
  }

  async close(): Promise<void> {
    await this.orders.close()
    await Promise.all([...this.pools.values()].map((pool) => pool.end()))
  }
}
