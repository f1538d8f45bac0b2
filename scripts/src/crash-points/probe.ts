/**
 * What is loaded into a running service to end it at one exact place. It looks at what passes through the clients of
 * Postgres, Kafka and HTTP, so the services' own code knows nothing of it.
 */
import { subscribe } from 'node:diagnostics_channel'
import { ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { ClientBase } from 'pg'

/** Names of the boundaries that were crossed, in their order. */
const crossed: string[] = []
let armed: { point: string; left: number } | undefined

/** Passes a boundary, or ends here. */
function cross(point: string): void {
  crossed.push(point)
  if (armed?.point !== point || --armed.left > 0) return
  process.kill(process.pid, 'SIGKILL')
}

/** Before something is sent, when it is sent and not answered, and when its answer is there but not yet seen. */
const before = (what: string) => cross(`before ${what}`)
const during = (what: string) => void setImmediate(() => cross(`during ${what}`))
const after = (what: string) => cross(`after ${what}`)

type Query = { name?: string; text: string; values?: unknown[] } | string
type Callback = (error: unknown, result: unknown) => void

const textOf = (query: Query) => (typeof query === 'string' ? query : query.text)
const WRITES = /\b(INSERT INTO|DELETE FROM|UPDATE) (\w+)/

/** By session: the types of events that its transaction has appended, while there is one. */
const open = new WeakMap<ClientBase, string[]>()

/** What a statement makes durable; undefined when it does not. */
function durable(client: ClientBase, query: Query): string | undefined {
  const text = textOf(query)
  if (text.startsWith('BEGIN')) open.set(client, [])
  const transaction = open.get(client)
  if (text === 'ROLLBACK') open.delete(client)
  if (text === 'COMMIT') {
    open.delete(client)
    return `commit of ${transaction?.join(', ') || 'rows only'}`
  }
  if (transaction) {
    const types = typeof query !== 'string' && query.name === 'append-outbox' && query.values?.[3]
    if (Array.isArray(types)) transaction.push(...(types as string[]))
    return undefined
  }
  const [, verb, table] = WRITES.exec(text) ?? []
  return verb && `${verb} ${table!}`
}

function watchPostgres(require: NodeJS.Require): void {
  const { prototype } = (require('pg') as { Client: { prototype: ClientBase } }).Client
  const query = prototype.query as unknown as (this: ClientBase, ...args: unknown[]) => Promise<unknown>
  const watched = function (this: ClientBase, ...args: unknown[]) {
    const what = durable(this, args[0] as Query)
    if (what === undefined) return query.apply(this, args)
    before(what)
    const last = args.at(-1)
    if (typeof last === 'function') {
      const told: Callback = (error, result) => {
        if (!error) after(what)
        ;(last as Callback)(error, result)
      }
      const answered = query.apply(this, [...args.slice(0, -1), told])
      during(what)
      return answered
    }
    const answered = query.apply(this, args).then((result) => {
      after(what)
      return result
    })
    during(what)
    return answered
  }
  prototype.query = watched as unknown as ClientBase['query']
}

interface Broker {
  offsetCommit(request: { groupId: string }): Promise<unknown>
}

function watchKafka(require: NodeJS.Require): void {
  const { prototype } = require('kafkajs/src/broker') as { prototype: Broker }
  const { offsetCommit } = prototype
  prototype.offsetCommit = async function (request) {
    const what = `offsets of ${request.groupId}`
    before(what)
    const answered = offsetCommit.call(this, request)
    during(what)
    const result = await answered
    after(what)
    return result
  }
}

interface Requested {
  request: { method: string; path: string }
}

/** The path without what differs from call to call. */
const nameOf = ({ request: { method, path } }: Requested) =>
  `${method} ${path.replaceAll(/[0-9a-f-]{36}/g, '{id}').replace(/\?.*/, '')}`

function watchHttp(): void {
  subscribe('undici:request:create', (message) => before(nameOf(message as Requested)))
  subscribe('undici:request:bodySent', (message) => during(nameOf(message as Requested)))
  subscribe('undici:request:trailers', (message) => after(nameOf(message as Requested)))
  const { prototype } = ServerResponse
  const end = prototype.end as (this: ServerResponse, ...args: unknown[]) => ServerResponse
  prototype.end = function (this: ServerResponse, ...args: unknown[]) {
    const { method, url } = this.req as { method: string; url: string }
    if (method !== 'GET') before(`answer to ${nameOf({ request: { method, path: url } })}`)
    return end.apply(this, args)
  } as ServerResponse['end']
}

let watching = false

/** Begins to look at what passes through, if it does not yet. */
export function watch(): void {
  if (watching) return
  watching = true
  const require = createRequire(import.meta.url)
  watchPostgres(require)
  watchKafka(require)
  watchHttp()
}

/** The boundaries crossed since the last time this was asked. */
export const crossings = (): string[] => crossed.splice(0)

/** Goes on past every boundary again. */
export function disarm(): void {
  armed = undefined
}

/** Ends this process at the n-th time from now that it comes to a boundary. */
export function arm(point: string, n: number): void {
  watch()
  armed = { point, left: n }
}
