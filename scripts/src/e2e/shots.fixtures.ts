import fc, { type Arbitrary } from 'fast-check'
import { Agent, request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Documented, Exchange, Operation } from './documented.js'
import { junk, oddText, sometimes, Values, type Schema } from './values.fixtures.js'

/** One request, to be sent as it is. */
export interface Shot {
  method: string
  path: string
  /** Kind of the token. */
  token: string
  headers: Record<string, string>
  content: string | undefined
  /** Sent without a Content-Length. */
  chunked: boolean
}

const headerText = fc.oneof(
  fc.string({ maxLength: 200 }),
  fc.constantFrom('', ' ', 'é', '\xff', 'a b', 'k'.repeat(129), 'ffffffff-ffff-7fff-bfff-ffffffffffff'),
)
const oddHeaders = fc.record(
  {
    'X-Request-Id': headerText,
    traceparent: headerText,
    Accept: fc.oneof(headerText, fc.constantFrom('text/html', 'application/xml')),
    'Content-Type': fc.oneof(
      headerText,
      fc.constantFrom(
        'text/plain',
        'application/json; charset=latin1',
        'application/json; charset',
        'a/b; c="',
      ),
      fc.constantFrom('application/json;charset=utf-16', 'multipart/form-data', 'application/vnd.api+json'),
    ),
    'Content-Encoding': fc.constantFrom('gzip', 'identity', 'br', 'x'),
    Expect: fc.constantFrom('100-continue', 'the-unexpected'),
    'If-None-Match': fc.constant('*'),
    Range: fc.constant('bytes=0-1'),
    'X-HTTP-Method-Override': fc.constant('DELETE'),
    Upgrade: fc.constant('websocket'),
  },
  { requiredKeys: [] },
)
/** Most requests have none, else few would get far. */
const fewHeaders = oddHeaders.chain((all) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant({}) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(...Object.entries(all), [])
        .map((one) => Object.fromEntries(one.length > 0 ? [one] : [])),
    },
  ),
)
const oddContent = fc.constantFrom(
  '{',
  '[[[',
  '{"a":1}{',
  '\ufeff{}',
  '"',
  '0',
  '{"\\ud800":1}',
  'x'.repeat(70_000),
)

const encoded = (value: string) => encodeURIComponent(Buffer.from(value).toString())
/** As odd as the HTTP client lets it be. */
const raw = (value: string) =>
  Buffer.from(value)
    .toString()
    .replaceAll(/[^\x21-\x7e]+/g, encodeURIComponent)

const json = (values: Arbitrary<unknown>) =>
  values.map((value) => JSON.stringify(value) as string | undefined)

type Pairs = readonly (readonly [string, string])[]
const queryText = (pairs: Pairs, write: (value: string) => string) =>
  pairs.length === 0 ? '' : `?${pairs.map((pair) => pair.map(write).join('=')).join('&')}`

/** Makes requests for the operations of a document: good ones, and ones with something wrong anywhere. */
export class Shots {
  private readonly values: Values
  private readonly token: Arbitrary<string>

  /**
   * @param ids that requests may ask for; they may grow
   * @param tokens kinds of tokens; those named `user` and `admin` are good
   */
  constructor(documented: Documented, ids: readonly string[], tokens: readonly string[]) {
    this.values = new Values(documented.document.components.schemas as Record<string, Schema>, ids)
    this.token = sometimes(fc.constantFrom('user', 'admin'), fc.constantFrom(...tokens))
  }

  /** Requests for one operation. */
  of(path: string, method: string, { parameters, requestBody }: Operation): Arbitrary<Shot> {
    const at = (place: string) =>
      Object.fromEntries(
        parameters.flatMap(({ name, in: where, schema }) =>
          name !== undefined && where === place ? [[name, this.values.good(schema as Schema)]] : [],
        ),
      ) as Record<string, Arbitrary<string>>
    return fc
      .record({
        ids: sometimes(fc.record(at('path')), fc.record({ id: oddText })),
        query: sometimes(
          fc.record(at('query'), { requiredKeys: [] }).map((query) => Object.entries(query)),
          fc.array(fc.tuple(fc.oneof(oddText, fc.constantFrom('', ...Object.keys(at('query')))), oddText), {
            maxLength: 3,
          }),
        ),
        write: sometimes(fc.constant(encoded), fc.constant(raw)),
        keys: sometimes(
          fc.record(at('header')),
          fc.record({ 'Idempotency-Key': headerText }, { requiredKeys: [] }),
        ),
        odd: fewHeaders,
        token: this.token,
        content: this.content(requestBody),
        chunked: fc.boolean(),
      })
      .map(({ ids, query, write, keys, odd, token, content, chunked }) => ({
        method: method.toUpperCase(),
        token,
        path:
          path.replace('{id}', write(ids.id ?? '')) +
          queryText(
            query.map(([k, v]) => [k, String(v)]),
            write,
          ),
        headers: {
          ...(content !== undefined && { 'Content-Type': 'application/json' }),
          ...keys,
          ...odd,
        },
        content,
        chunked,
      }))
  }

  private content(requestBody: Operation['requestBody']): Arbitrary<string | undefined> {
    const nothing = fc.constant(undefined)
    if (!requestBody) return sometimes(nothing, fc.oneof(json(junk), oddContent))
    const { schema } = (requestBody as { content: Record<string, { schema: Schema }> }).content[
      'application/json'
    ]!
    return fc.oneof(
      { weight: 4, arbitrary: json(this.values.good(schema)) },
      { weight: 4, arbitrary: json(this.values.broken(schema)) },
      { weight: 1, arbitrary: fc.oneof(nothing, oddContent) },
    )
  }
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 })

/**
 * Sends a request as it is, which `fetch` would not.
 * @param base address of the service @param authorization header, if any
 */
export async function fire(base: string, shot: Shot, authorization: string | undefined): Promise<Exchange> {
  const { method, path, content, chunked } = shot
  const framing = chunked
    ? { 'Transfer-Encoding': 'chunked' }
    : { 'Content-Length': String(Buffer.byteLength(content ?? '')) }
  const headers = {
    ...(content !== undefined && framing),
    ...(authorization !== undefined && { Authorization: authorization }),
    ...shot.headers,
  }
  const sent = request(base, { method, path, agent, headers })
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve).once('error', reject).end(content)
  })
  return {
    method,
    path,
    content,
    status: answer.statusCode!,
    headers: new Headers(answer.headers as Record<string, string>),
    text: await text(answer),
  }
}
