import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { newId, openKafka, openLog } from '@chorus/chassis'
import {
  addressesOf,
  databaseUrlOf,
  readRun,
  signToken,
  type RunFile,
  layoutOf,
  portVariable,
  type Layout,
} from '@chorus/stack'
import type { Kafka } from 'kafkajs'
import pg from 'pg'
import { until } from '../until.js'
import { Documented } from './documented.js'

export { until }

/** An HTTP answer, read whole. */
export interface Answer {
  status: number
  headers: Headers
  body: Record<string, unknown>
}

/** One request of a spec. */
export interface Ask {
  method?: string
  user?: string
  admin?: boolean
  token?: string
  headers?: Record<string, string>
  body?: object
  /** Sent as it is, instead of `body`. */
  raw?: string
}

/** A charge in the gateway's books. */
export interface Booking {
  key: string
  status: 'CAPTURED' | 'DECLINED' | 'REFUNDED' | 'VOIDED'
  amount: number
}

/** Parts that describe themselves in no document of ours. */
const UNDOCUMENTED: ReadonlySet<string> = new Set(['gateway', 'connect'])

const CHORUS = fileURLToPath(new URL('../../bin/chorus.js', import.meta.url))

/** Runs the `chorus` command as a user would. @returns exit code and everything it printed */
export function chorus(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, [CHORUS, ...args], { env: { ...process.env, ...env }, stdio: 'pipe' })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? -1, output }))
  })
}

/** The whole system, really running, for specs: started by the command that users start it with. */
export class System {
  readonly kafka: Kafka
  private readonly pools = new Map<string, pg.Pool>()
  private readonly tokens = new Map<string, string>()
  private readonly documents = new Map<string, Documented>()

  private constructor(readonly home: string) {
    this.kafka = openKafka([`127.0.0.1:${this.run.ports.kafka}`], 'spec', openLog('spec', 'silent'))
  }

  /** Starts everything on free ports in a folder of its own. @param env further settings for the launcher */
  static async start(env: Record<string, string> = {}): Promise<System> {
    const home = mkdtempSync(join(tmpdir(), 'chorus-e2e-'))
    const { code, output } = await chorus(['up', '--detach', '--free-ports', '--home', home], env)
    if (code !== 0) throw new Error(`chorus up ended with ${code}:\n${output}`)
    return new System(home)
  }

  /** Stops everything and removes its data. */
  async stop(): Promise<void> {
    await Promise.all([...this.pools.values()].map((pool) => pool.end()))
    const { code, output } = await chorus(['down', '--home', this.home])
    if (code !== 0) throw new Error(`chorus down ended with ${code}:\n${output}`)
    rmSync(this.home, { recursive: true, force: true })
  }

  /**
   * Stops everything, has something done to what is left on the disk, and starts it again at the same addresses.
   * @param env as for `start`
   */
  async restart(between: (layout: Layout) => void, env: Record<string, string> = {}): Promise<void> {
    const ports = Object.entries(this.run.ports).map(([part, port]) => [portVariable(part), String(port)])
    await Promise.all([...this.pools.values()].map((pool) => pool.end()))
    this.pools.clear()
    const down = await chorus(['down', '--home', this.home])
    if (down.code !== 0) throw new Error(`chorus down ended with ${down.code}:\n${down.output}`)
    between(layoutOf(this.home))
    const up = await chorus(['up', '--detach', '--home', this.home], {
      ...(Object.fromEntries(ports) as Record<string, string>),
      ...env,
    })
    if (up.code !== 0) throw new Error(`chorus up ended with ${up.code}:\n${up.output}`)
  }

  /** As it is now: process ids change when a part is started anew. */
  get run(): RunFile {
    return readRun(this.home)!
  }

  /** Sends a signal to a part's process. */
  signal(part: string, signal: NodeJS.Signals): void {
    process.kill(this.run.parts[part]!.pid, signal)
  }

  /** Kills a part and waits until the supervisor has started it anew. */
  async killAndWait(part: string): Promise<void> {
    const { pid } = this.run.parts[part]!
    this.signal(part, 'SIGKILL')
    await until(`${part} to be started anew`, () => this.run.parts[part]!.pid !== pid)
  }

  /** Queries a service's database, past its roles. */
  async sql<Row extends pg.QueryResultRow>(
    service: string,
    query: string,
    values: unknown[] = [],
  ): Promise<Row[]> {
    const pool = this.pools.get(service) ?? this.openPool(service)
    return (await pool.query<Row>(query, values)).rows
  }

  /** Locks a table of a service, so that its work there has to wait. @returns a function that lets go */
  async lock(service: string, table: string): Promise<() => Promise<void>> {
    const client = new pg.Client({ connectionString: this.databaseUrl(service) })
    await client.connect()
    await client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`)
    return () => client.end()
  }

  /** One request to a service. @throws Error when the service's own document does not allow for the answer */
  async ask(service: string, path: string, ask: Ask = {}): Promise<Answer> {
    const token =
      ask.token ?? (ask.user === undefined ? undefined : await this.tokenOf(ask.user, ask.admin ?? false))
    const content = ask.raw ?? (ask.body && JSON.stringify(ask.body))
    const method = ask.method ?? (content === undefined ? 'GET' : 'POST')
    const documented = UNDOCUMENTED.has(service) ? undefined : await this.documented(service)
    const response = await fetch(`${addressesOf(this.run)[service]}${path}`, {
      method,
      headers: {
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        ...(content !== undefined && { 'Content-Type': 'application/json' }),
        ...ask.headers,
      },
      ...(content !== undefined && { body: content }),
    })
    const text = await response.text()
    const { status, headers } = response
    documented?.check({ method, path, content, status, headers, text })
    return {
      status,
      headers,
      body: text ? (JSON.parse(text) as Answer['body']) : {},
    }
  }

  /** What a service says of itself. */
  async documented(service: string): Promise<Documented> {
    const known = this.documents.get(service) ?? (await Documented.at(addressesOf(this.run)[service]!))
    this.documents.set(service, known)
    return known
  }

  /** The sandbox gateway's books: the last state of each charge. */
  async bookings(): Promise<Map<string, Booking>> {
    const { body } = await this.ask('gateway', '/ledger')
    return new Map((body.entries as Booking[]).map((entry) => [entry.key, entry]))
  }

  /** Sets the gateway's fault switch. */
  async gatewayFault(mode: string, share = 1): Promise<void> {
    const { status } = await this.ask('gateway', '/faults', { method: 'PUT', body: { mode, share } })
    if (status !== 200) throw new Error(`the gateway did not take the fault ${mode}`)
  }

  /** An access token. */
  async tokenOf(userId: string, admin: boolean): Promise<string> {
    const name = `${userId} ${admin}`
    if (!this.tokens.has(name)) this.tokens.set(name, await signToken(this.home, { userId, admin }))
    return this.tokens.get(name)!
  }

  /** Address of any database of the server, for its superuser. */
  databaseUrl(database: string): string {
    return databaseUrlOf(this.run, database)
  }

  private openPool(service: string): pg.Pool {
    const pool = new pg.Pool({ connectionString: this.databaseUrl(service), max: 4 })
    pool.on('error', () => {})
    this.pools.set(service, pool)
    return pool
  }
}

/** A user that no other spec uses. */
export const someUser = () => `user-${newId()}`
