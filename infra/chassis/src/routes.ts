import type { ProblemCode } from '@chorus/contracts'
import type { Knex } from 'knex'
import type { ActionContext } from './admin/context.js'
import type { CommandRule } from './service.js'
import type { Tables } from './rows.js'

/** Who calls, from a verified token. */
export interface Caller {
  userId: string
  admin: boolean
}

interface RouteBase {
  method: 'get' | 'post' | 'patch' | 'delete'
  /** Express path; parameters named `id` must be UUIDs. */
  path: string
  /** Who may call. */
  access: 'public' | 'user' | 'admin'
  summary: string
  /** JSON Schema of the answer; one with a title is a component of the document. */
  answer: object
}

/** A request that changes something: it becomes a command. */
export interface CommandRoute extends RouteBase {
  rule: CommandRule<Tables>
  /** What the rule may refuse with. */
  refusals?: readonly ProblemCode[]
  /** JSON Schema of the body; without one the body must be empty. */
  body?: object
  /** Whether the Idempotency-Key header must be there. Where it is optional, a request without one is a new request. */
  idempotencyKey: 'required' | 'optional'
  status: 200 | 201 | 202
  /** Address of what was made. */
  location?(view: { id: string }): string
}

/** What a query gets. */
export interface QueryInput {
  /** Only of a user or admin route. */
  caller: Caller
  params: Record<string, string>
  query: Record<string, unknown>
}

/** A plain read. */
export interface QueryRoute extends RouteBase {
  method: 'get'
  /** JSON Schema of the query string; values are coerced to its types and unknown ones refused. */
  query?: object
  /** The answer, or undefined for 404. */
  read(knex: Knex, input: QueryInput): Promise<object | undefined>
}

/** What an action gets. */
export interface ActionInput {
  caller: Caller
  body: Record<string, unknown>
}

/** A request to the running service itself, for operators: what it does is no event. */
export interface ActionRoute extends RouteBase {
  method: 'post'
  access: 'admin'
  /** Its name in the documents. */
  name: string
  /** JSON Schema of the body. */
  body: object
  /** What `act` may throw as a Problem. */
  refusals?: readonly ProblemCode[]
  status: 200 | 202
  /** @throws Problem with one of `refusals`, or BODY_INVALID */
  act(context: ActionContext, input: ActionInput): Promise<object>
}

/** What a stream shows at a moment. */
export interface Sight {
  /** Names what is seen: who saw it already is not sent it again. */
  id: string
  /** Everything, not what changed: nothing is lost with what was missed. */
  view: object
  /** Nothing can follow. */
  last: boolean
}

/** A read that goes on: server-sent events, one whenever there is something else to be seen. */
export interface StreamRoute extends RouteBase {
  method: 'get'
  /** The table, by the name that the rules use, whose row with the id of the address is watched. */
  follows: string
  /** What is to be seen now, or undefined for 404. */
  look(knex: Knex, input: QueryInput): Promise<Sight | undefined>
}

/** One REST operation, as a value: served, documented and tested from the same place. */
export type Route = CommandRoute | QueryRoute | StreamRoute | ActionRoute

/** JSON Schema of the Last-Event-ID header. */
export const lastEventId = {
  type: 'string',
  pattern: '^[\\x21-\\x7e]{1,100}$',
  description: 'The `id` of the last event that was seen. Browsers send it by themselves.',
} as const

/** JSON Schema of an empty body, or of a query string without parameters. */
export const NOTHING = { type: 'object', additionalProperties: false, maxProperties: 0 } as const

/** JSON Schema of the Idempotency-Key header. */
export const idempotencyKey = {
  type: 'string',
  pattern: '^[\\x21-\\x7e]{1,128}$',
  description: 'Names the request: sent again with the same key, it is not done twice. Best a new UUIDv7.',
  examples: ['0195d0a4-7c11-7a3b-9c55-3f6f0a8f2b10'],
} as const
