import { hash } from 'node:crypto'
import type { Request, RequestHandler, Response } from 'express'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import type { Knex } from 'knex'
import { ownSchemas } from './ajv-options.js'
import type { ActionContext } from './admin/context.js'
import type { Authenticate } from './auth.js'
import type { Executor } from './executor.js'
import { commandId, newId } from './ids.js'
import { Problem, sendProblem } from './problem.js'
import {
  idempotencyKey,
  NOTHING,
  type ActionRoute,
  type Caller,
  type CommandRoute,
  type QueryRoute,
  type Route,
} from './routes.js'
import { uuid } from './schemas.js'
import type { Service } from './service.js'
import { newTraceparent } from './trace.js'
import type { Watchers } from './watchers.js'

/** What the request handlers of a service work with. */
export interface HandlerContext {
  service: Service
  executor: Executor
  knex: Knex
  authenticate: Authenticate
  /** What operators can reach of the running service. */
  actions: ActionContext
  /** For those who wait for a row to change. */
  watchers: Watchers
}

const ANONYMOUS: Caller = { userId: '', admin: false }
const UUID = new RegExp(uuid.pattern)
const KEY = new RegExp(idempotencyKey.pattern)

const bodies = new Ajv2020(ownSchemas)
const queries = new Ajv2020({ ...ownSchemas, coerceTypes: true, useDefaults: true })
formats.default(bodies)
formats.default(queries)

/** Postgres holds no NUL, and UTF-8 no half of a surrogate pair. */
const UNSTORABLE = /\0|\p{Surrogate}/u
const isUnstorable = (value: unknown): boolean =>
  typeof value === 'string'
    ? UNSTORABLE.test(value)
    : typeof value === 'object' && value !== null && Object.values(value).some(isUnstorable)

/** @throws Problem BODY_INVALID that names the place and the rule */
function check(validate: ValidateFunction, value: unknown, what: string): void {
  if (validate(value)) {
    if (isUnstorable(value))
      throw new Problem('BODY_INVALID', `${what} has a NUL character, or half of a surrogate pair.`)
    return
  }
  const { instancePath, message, params } = validate.errors![0]!
  const extra = 'additionalProperty' in params ? ` (${String(params.additionalProperty)})` : ''
  throw new Problem('BODY_INVALID', `${what}${instancePath} ${message ?? 'is invalid'}${extra}.`)
}

/** Who calls. @throws Problem when the route is not for this caller */
export async function callerOf(req: Request, { access }: Route, authenticate: Authenticate): Promise<Caller> {
  if (access === 'public') return ANONYMOUS
  const caller = await authenticate(req)
  if (access === 'admin' && !caller.admin) throw new Problem('ADMIN_REQUIRED', 'The token has no role admin.')
  return caller
}

/** The parameters in the address. @throws Problem NOT_FOUND for an `id` that can be none */
export function paramsOf(req: Request): Record<string, string> {
  const params = req.params as Record<string, string>
  if (params.id !== undefined && !UUID.test(params.id))
    throw new Problem('NOT_FOUND', 'The id is not a UUID.')
  return params
}

/** The same text for the same value, whatever the order of its fields. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join()}}`
}

function bodyOf(req: Request, validate: ValidateFunction): Record<string, unknown> {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = req.headers
  if (req.body === undefined && (length !== '0' || encoding !== undefined)) {
    throw new Problem('MEDIA_TYPE_UNSUPPORTED', 'The Content-Type is not application/json.')
  }
  const body: unknown = req.body ?? {}
  check(validate, body, 'body')
  return body as Record<string, unknown>
}

function keyOf(req: Request, route: CommandRoute): string | undefined {
  const key = req.get('Idempotency-Key')
  if (key === undefined) {
    if (route.idempotencyKey === 'optional') return undefined
    throw new Problem('IDEMPOTENCY_KEY_MISSING', 'There is no Idempotency-Key header.')
  }
  if (!KEY.test(key)) {
    throw new Problem(
      'IDEMPOTENCY_KEY_MISSING',
      'The Idempotency-Key is not 1 to 128 printable ASCII characters.',
    )
  }
  return key
}

function respond(res: Response, route: CommandRoute, view: unknown): void {
  if (route.location) res.location(route.location(view as { id: string }))
  res.status(route.status).json(view)
}

/** Serves a route that becomes a command: answered only after its transaction was committed. */
export function commandHandler(route: CommandRoute, context: HandlerContext): RequestHandler {
  const validate = bodies.compile(route.body ?? NOTHING)
  const { service, executor, authenticate } = context
  return async (req, res) => {
    const { userId, admin } = await callerOf(req, route, authenticate)
    const key = keyOf(req, route)
    const body = { ...bodyOf(req, validate), ...paramsOf(req) }
    const text = canonical(body)
    const id =
      key === undefined
        ? newId()
        : commandId({ service: service.name, command: route.rule.name, userId, key })
    const outcome = await executor.submit({
      kind: 'command',
      rule: route.rule,
      command: { id, userId, admin, body },
      hash: hash('sha256', text, 'base64url'),
      traceparent: (res.locals.traceparent as string | undefined) ?? newTraceparent(req.get('traceparent')),
    })
    if (outcome.kind === 'done') return respond(res, route, outcome.view)
    if (outcome.kind === 'refused')
      return sendProblem(req, res, outcome.refusal.refused, outcome.refusal.detail)
    throw outcome.kind === 'failed' ? outcome.error : new Error(`a command cannot be ${outcome.kind}`)
  }
}

/** Serves a plain read. */
export function queryHandler(route: QueryRoute, { knex, authenticate }: HandlerContext): RequestHandler {
  const validate = queries.compile(route.query ?? NOTHING)
  return async (req, res) => {
    const caller = await callerOf(req, route, authenticate)
    const query = { ...req.query }
    check(validate, query, 'query')
    const view = await route.read(knex, { caller, params: paramsOf(req), query })
    if (view === undefined) throw new Problem('NOT_FOUND', 'There is nothing at this address for you.')
    res.json(view)
  }
}

/** Serves what operators do to the running service. */
export function actionHandler(route: ActionRoute, { authenticate, actions }: HandlerContext): RequestHandler {
  const validate = bodies.compile(route.body)
  return async (req, res) => {
    const caller = await callerOf(req, route, authenticate)
    res.status(route.status).json(await route.act(actions, { caller, body: bodyOf(req, validate) }))
  }
}
