import { routesOf } from '../admin/routes.js'
import type { Service } from '../service.js'
import { NamedSchemas } from './named-schemas.js'
import { operationOf } from './operation.js'
import { VERSION } from './version.js'

/** An OpenAPI 3.1 document. */
export interface OpenApiDocument {
  openapi: '3.1.0'
  paths: Record<string, Record<string, object>>
  components: Record<string, Record<string, unknown>>
  [field: string]: unknown
}

const securitySchemes = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The subject is the user id; `roles: ["admin"]` makes an admin.',
  },
}
const requestId = { type: 'string', pattern: '^[\\w-]{1,64}$' }
const headers = { 'X-Request-Id': { description: 'Names the request in the logs.', schema: requestId } }
const parameters = {
  'X-Request-Id': {
    name: 'X-Request-Id',
    in: 'header',
    description: 'Names the request in the logs; one of another form is replaced by a new id.',
    schema: requestId,
  },
}

/** The OpenAPI document of a service, made from the routes that it serves. */
export function openApiOf(
  service: Pick<Service, 'name' | 'routes'> & Partial<Pick<Service, 'observes'>>,
): OpenApiDocument {
  const { name } = service
  const named = new NamedSchemas()
  const paths: OpenApiDocument['paths'] = {}
  for (const route of routesOf(service)) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method]: operationOf(route, named) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: `Chorus ${name}`,
      version: VERSION,
      description: `The REST interface of the ${name} service. Every error is a problem document (RFC 9457).`,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: { schemas: named.schemas, headers, parameters, securitySchemes },
  }
}
