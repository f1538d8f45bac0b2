import { fileURLToPath } from 'node:url'
import { contractOf, type EventType } from '@chorus/contracts'
import { Eta } from 'eta'
import { routesOf } from '../admin/routes.js'
import type { Route } from '../routes.js'
import { emits, hears, needsOf, type Service } from '../service.js'
import { fieldsOf, type Field } from './fields.js'
import { operationId, parametersOf, statusOf } from './operation.js'
import { problemCodes } from './problem-codes.js'
import type { ExplainedProblem } from './problems.js'

const eta = new Eta({ views: fileURLToPath(new URL('../../pages', import.meta.url)), cache: true })

const ACCESS = { public: 'for everyone', user: 'with a token', admin: 'for admins' }

function parameterFields(route: Route): Field[] {
  const parameters = parametersOf(route)
  return fieldsOf({
    properties: Object.fromEntries(
      parameters.map(({ name, schema, description }) => [
        name,
        { ...schema, ...(description && { description }) },
      ]),
    ),
    required: parameters.filter(({ required }) => required).map(({ name }) => name),
  })
}

const operationView = (route: Route) => ({
  id: operationId(route),
  method: route.method.toUpperCase(),
  path: route.path,
  summary: route.summary,
  access: ACCESS[route.access],
  parameters: parameterFields(route),
  body: 'body' in route ? fieldsOf(route.body) : [],
  status: statusOf(route),
  answer: fieldsOf(route.answer),
  problems: [...problemCodes(route)],
})

function eventView(type: EventType, reads: readonly string[] = []) {
  const { version, producer, key, schema } = contractOf(type)
  const { description } = schema as { description?: string }
  return { type, version, reads, description, topic: `${producer}.events`, key, fields: fieldsOf(schema) }
}

/** The page about a service: its operations, what it emits and what it hears. @returns HTML */
export function docsPage(service: Service): string {
  const needs = needsOf(service)
  return eta.render('./docs', {
    title: `The ${service.name} service`,
    service: service.name,
    operations: routesOf(service).map(operationView),
    events: [
      { id: 'emits', title: 'Events that it emits', events: emits(service).map((type) => eventView(type)) },
      {
        id: 'hears',
        title: 'Events that it hears',
        events: hears(service).map((type) => eventView(type, needs[type])),
      },
    ],
  })
}

/** The page that lists every problem. @returns HTML */
export const problemsPage = ({ name }: Service, problems: readonly ExplainedProblem[]): string =>
  eta.render('./problems', { title: 'Problems', service: name, problems })

/** The page that explains a problem, and says which operations of the service answer it. @returns HTML */
export function problemPage(service: Service, problem: ExplainedProblem): string {
  const operations = routesOf(service)
    .filter((route) => [...problemCodes(route).values()].flat().includes(problem.code))
    .map(operationView)
  return eta.render('./problem', { title: problem.title, service: service.name, problem, operations })
}
