import { problems, type ProblemCode } from '@chorus/contracts'
import { idempotencyKey, lastEventId, type Route } from '../routes.js'
import { uuid } from '../schemas.js'
import type { NamedSchemas } from './named-schemas.js'
import { problemCodes } from './problem-codes.js'
import { problemSchema } from './problem-schema.js'

interface QuerySchema {
  required?: readonly string[]
  properties?: Record<string, object>
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)

/** A name for generated clients: that of the command, else made of the address. */
export const operationId = (route: Route): string =>
  'rule' in route
    ? route.rule.name
    : 'act' in route
      ? route.name
      : route.method +
        route.path
          .split(/[/-]/)
          .map((part) => (part.startsWith(':') ? `By${capital(part.slice(1))}` : capital(part)))
          .join('')

/** A parameter of an operation. */
export interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  required: boolean
  description?: string
  schema: object
}

function parameter(place: Parameter['in'], name: string, required: boolean, whole: object): Parameter {
  const { description, ...schema } = whole as { description?: string }
  return { name, in: place, required, ...(description !== undefined && { description }), schema }
}

/** The parameters that a route has of its own. */
export function parametersOf(route: Route): Parameter[] {
  const names = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name!)
  const path = names.map((name) => parameter('path', name, true, name === 'id' ? uuid : { type: 'string' }))
  if ('rule' in route) {
    const required = route.idempotencyKey === 'required'
    return [...path, parameter('header', 'Idempotency-Key', required, idempotencyKey)]
  }
  if ('look' in route) return [...path, parameter('header', 'Last-Event-ID', false, lastEventId)]
  const { properties = {}, required = [] } = ('query' in route ? (route.query ?? {}) : {}) as QuerySchema
  const query = Object.entries(properties).map(([name, schema]) =>
    parameter('query', name, required.includes(name), schema),
  )
  return [...path, ...query]
}

const requestId = { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } }
const headerOf: Record<number, object> = {
  401: { 'WWW-Authenticate': { schema: { type: 'string', const: 'Bearer' } } },
  503: { 'Retry-After': { description: 'Seconds.', schema: { type: 'string', pattern: '^[0-9]+$' } } },
}

const problemResponse = (status: number, codes: readonly ProblemCode[], named: NamedSchemas) => ({
  description: codes.map((code) => `${code}: ${problems[code].title}.`).join('\n\n'),
  headers: { ...requestId, ...headerOf[status] },
  content: {
    'application/problem+json': {
      schema: {
        ...(named.refer(problemSchema) as object),
        properties: { status: { const: status }, code: { enum: codes } },
      },
    },
  },
})

/** The status of the good answer. */
export const statusOf = (route: Route): number => ('status' in route ? route.status : 200)

const answerOf = (route: Route, named: NamedSchemas) => ({
  description:
    'look' in route
      ? 'Server-sent events; the data of each has this form.'
      : statusOf(route) === 202
        ? 'Accepted: it is worked on.'
        : 'Done.',
  headers: {
    ...requestId,
    ...('location' in route && {
      Location: { description: 'Where it can be read.', schema: { type: 'string' } },
    }),
  },
  content: {
    ['look' in route ? 'text/event-stream' : 'application/json']: { schema: named.refer(route.answer) },
  },
})

/** A stream whose end was seen before. */
const nothingMore = {
  204: { description: 'The last event was seen before: nothing will follow.', headers: requestId },
}

/** One operation of an OpenAPI document. */
export function operationOf(route: Route, named: NamedSchemas): object {
  const body = 'body' in route ? route.body : undefined
  return {
    operationId: operationId(route),
    summary: route.summary,
    ...(route.access === 'admin' && { description: 'Needs a token with the role admin.' }),
    security: route.access === 'public' ? [] : [{ bearer: route.access === 'admin' ? ['admin'] : [] }],
    parameters: [...parametersOf(route), { $ref: '#/components/parameters/X-Request-Id' }],
    ...(body && {
      requestBody: { required: true, content: { 'application/json': { schema: named.refer(body) } } },
    }),
    responses: {
      [statusOf(route)]: answerOf(route, named),
      ...('look' in route && nothingMore),
      ...Object.fromEntries(
        [...problemCodes(route)].map(([status, codes]) => [status, problemResponse(status, codes, named)]),
      ),
    },
  }
}
