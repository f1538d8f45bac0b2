import type { OpenApiDocument } from '@chorus/chassis'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

/** A request with its answer. */
export interface Exchange {
  method: string
  /** With its query string. */
  path: string
  /** As it was sent. */
  content?: string | undefined
  status: number
  headers: Headers
  /** As it came. */
  text: string
}

/** An operation of an OpenAPI document, as far as specs read it. */
export interface Operation {
  requestBody?: object
  parameters: { name?: string; in: string; required: boolean; schema: object }[]
  responses: Record<string, { headers: Record<string, object>; content?: Record<string, object> }>
}

/** The same document with every schema closed: what is answered beyond it is not documented. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed)
  if (node === null || typeof node !== 'object') return node
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value)]))
  return copy.type === 'object' && copy.properties ? { ...copy, additionalProperties: false } : copy
}

const pointer = (...parts: readonly string[]) =>
  parts.map((part) => `/${encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('')

/** The data of each server-sent event. */
export const eventsIn = (text: string): string[] =>
  [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => data!)

const mediaType = (headers: Headers) => headers.get('content-type')?.split(';')[0] ?? ''

/** What a service says of itself in /openapi.json: every exchange with it can be held against that. */
export class Documented {
  private readonly ajv = new Ajv2020({ strict: false })

  constructor(readonly document: OpenApiDocument) {
    formats.default(this.ajv)
    this.ajv.addSchema(closed(document) as object, 'openapi')
  }

  /** @param base address of the service @throws Error when it does not answer */
  static async at(base: string): Promise<Documented> {
    const answer = await fetch(`${base}/openapi.json`)
    return new Documented((await answer.json()) as OpenApiDocument)
  }

  /** Every operation with its address and method. */
  operations(): { path: string; method: string; operation: Operation }[] {
    return Object.entries(this.document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({
        path,
        method,
        operation: operation as Operation,
      })),
    )
  }

  /** @throws Error that names what the document does not say */
  check(exchange: Exchange): void {
    const { method, path, status, text } = exchange
    const trouble = this.trouble(exchange)
    if (trouble) throw new Error(`${method} ${path} ${status}: ${trouble}\n${text.slice(0, 500)}`)
  }

  private trouble(exchange: Exchange): string | undefined {
    const { method, status, headers } = exchange
    const address = exchange.path.split('?')[0]!
    const found = this.operations().find(
      ({ path, method: m }) =>
        m === method.toLowerCase() &&
        new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`, 'i').test(address),
    )
    if (!found) {
      if (status !== 404 && status !== 405) return 'there is no such operation in the document'
      return this.invalid(['components', 'schemas', 'Problem'], exchange.text)
    }
    const { path, operation } = found
    const response = operation.responses[status]
    if (!response) return 'the status is not documented'
    if (!response.content) return exchange.text === '' ? undefined : 'the answer should be empty'
    const type = mediaType(headers)
    if (!response.content[type]) return `the content type ${type} is not documented`
    const absent = Object.keys(response.headers).find((name) => headers.get(name) === null)
    if (absent) return `there is no header ${absent}`
    const place = ['paths', path, found.method]
    const schema = [...place, 'responses', String(status), 'content', type, 'schema']
    const texts = type === 'text/event-stream' ? eventsIn(exchange.text) : [exchange.text]
    return (
      texts.map((one) => this.invalid(schema, one)).find((found) => found !== undefined) ??
      this.requestTrouble(
        [...place, 'requestBody', 'content', 'application/json', 'schema'],
        exchange,
        operation,
      )
    )
  }

  /** What was accepted must be what the document allows. */
  private requestTrouble(place: string[], { status, content }: Exchange, { requestBody }: Operation) {
    if (status >= 300 || !requestBody) return undefined
    return content === undefined ? 'a body is missing, but was not missed' : this.invalid(place, content)
  }

  private invalid(place: readonly string[], text: string): string | undefined {
    const validate = this.ajv.getSchema(`openapi#${pointer(...place)}`)
    if (!validate) return `there is no schema at ${place.join(' ')}`
    return validate(JSON.parse(text)) ? undefined : this.ajv.errorsText(validate.errors)
  }
}
