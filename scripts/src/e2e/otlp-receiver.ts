import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

interface Attribute {
  key: string
  value: { stringValue?: string; intValue?: number | string }
}

/** An export of spans, as far as specs read it: OTLP over HTTP in JSON. */
interface Export {
  resourceSpans: {
    resource: { attributes: Attribute[] }
    scopeSpans: {
      spans: {
        traceId: string
        spanId: string
        parentSpanId?: string
        name: string
        kind: number
        attributes: Attribute[]
      }[]
    }[]
  }[]
}

/** A span that a service told of. */
export interface ToldSpan {
  service: string
  traceId: string
  id: string
  parentId: string | undefined
  name: string
  kind: string
  attributes: Record<string, string>
}

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']

const valuesOf = (attributes: readonly Attribute[]): Record<string, string> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [key, String(value.stringValue ?? value.intValue ?? '')]),
  )

const spansIn = ({ resourceSpans }: Export): ToldSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ traceId, spanId: id, parentSpanId, name, kind, attributes }) => ({
        service: valuesOf(resource.attributes)['service.name']!,
        traceId,
        id,
        parentId: parentSpanId,
        name,
        kind: KINDS[kind]!,
        attributes: valuesOf(attributes),
      })),
    ),
  )

/** A collector of traces: keeps the spans that it is told of. */
export class OtlpReceiver {
  private readonly told: ToldSpan[] = []

  private constructor(private readonly server: Server) {}

  /** Listens on a free port. */
  static async start(): Promise<OtlpReceiver> {
    const server = createServer()
    const receiver = new OtlpReceiver(server)
    server.on('request', (req, res) => void receiver.take(req, res))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** The traces of which there is any span. */
  traceIds = (): string[] => [...new Set(this.told.map(({ traceId }) => traceId))]

  /** What was told so far of one trace. */
  spansOf = (traceId: string): ToldSpan[] => this.told.filter((span) => span.traceId === traceId)

  private async take(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await json(req)
    if (req.url === '/v1/traces') this.told.push(...spansIn(body as Export))
    res.setHeader('Content-Type', 'application/json').end('{}')
  }

  stop(): void {
    this.server.close()
    this.server.closeAllConnections()
  }
}
