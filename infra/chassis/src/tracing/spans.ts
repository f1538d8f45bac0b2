import { setTimeout as pause } from 'node:timers/promises'
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api'
import type { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { inboxId } from '../batch.js'
import { newId } from '../ids.js'
import type { Input, Outcome } from '../input.js'
import { placeIn } from '../trace.js'
import { emitted, handled, topicOf } from './attributes.js'
import type { BatchSpans, CallSpan, Tracing } from './tracing.js'

const GOODBYE_MS = 1000

/** What follows from this trace context; a new trace when it is none. */
function after(traceparent: string | undefined): Context {
  const place = placeIn(traceparent)
  return place ? trace.setSpanContext(ROOT_CONTEXT, { ...place, isRemote: true }) : ROOT_CONTEXT
}

function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}

/** A span for one input: of the message that came, or of the command. */
function spanFor(tracer: Tracer, group: string, input: Input): Span {
  if (input.kind === 'command')
    return tracer.startSpan(
      input.rule.name,
      { attributes: { 'chorus.command.id': input.command.id } },
      after(input.traceparent),
    )
  const { message } = input
  return tracer.startSpan(
    `process ${message.topic}`,
    { kind: SpanKind.CONSUMER, attributes: handled(group, message) },
    after(message.headers.traceparent),
  )
}

function endWith(span: Span, outcome: Outcome): void {
  span.setAttribute('chorus.outcome', outcome.kind)
  if (outcome.kind === 'refused') span.setAttribute('chorus.refusal', outcome.refusal.refused)
  if (outcome.kind === 'aside' || outcome.kind === 'failed') span.setStatus({ code: SpanStatusCode.ERROR })
  span.end()
}

function batchSpans(tracer: Tracer, service: string, inputs: readonly Input[]): BatchSpans {
  const spans = inputs.map((input) => spanFor(tracer, service, input))
  // Of two inputs with one id the first is handled.
  const byCause = new Map(inputs.map((input, i) => [inboxId(input), spans[i]!] as const).toReversed())
  const created: Span[] = []
  return {
    emits(cause) {
      const parent = trace.setSpan(ROOT_CONTEXT, byCause.get(cause.id)!)
      const span = tracer.startSpan(`create ${topicOf(service)}`, { kind: SpanKind.PRODUCER }, parent)
      created.push(span)
      return { ...cause, traceparent: traceparentOf(span) }
    },
    end(outcomes, events) {
      const batch = { 'chorus.batch.id': newId(), 'chorus.batch.inputs': inputs.length }
      for (const [i, span] of created.entries()) span.setAttributes(emitted(events[i]!)).end()
      for (const [i, span] of spans.entries()) endWith(span.setAttributes(batch), outcomes[i]!)
    },
  }
}

function callSpan(tracer: Tracer, effect: string, asked: string): CallSpan {
  const span = tracer.startSpan(effect, { kind: SpanKind.CLIENT }, after(asked))
  return {
    traceparent: traceparentOf(span),
    end(error) {
      if (!span.isRecording()) return
      if (error) {
        span.recordException(error)
        span.setStatus({ code: SpanStatusCode.ERROR })
      }
      span.end()
    },
  }
}

/** The spans of a service, in the conventions of OpenTelemetry for HTTP and messaging. */
export function spansOf(service: string, provider: BasicTracerProvider): Tracing {
  const tracer = provider.getTracer('@chorus/chassis')
  return {
    requests:
      ({ method, path }) =>
      (req, res, next) => {
        const attributes = {
          'http.request.method': req.method,
          'http.route': path,
          'url.scheme': req.protocol,
        }
        const span = tracer.startSpan(
          `${method.toUpperCase()} ${path}`,
          { kind: SpanKind.SERVER, attributes },
          after(req.get('traceparent')),
        )
        res.locals.traceparent = traceparentOf(span)
        res.once('close', () => {
          span.setAttribute('http.response.status_code', res.statusCode)
          if (res.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
          span.end()
        })
        next()
      },
    batch: (inputs) => batchSpans(tracer, service, inputs),
    call: (effect, asked) => callSpan(tracer, effect, asked),
    // Of a receiver that is away nobody waits to say goodbye.
    close: () =>
      Promise.race([provider.shutdown().catch(() => {}), pause(GOODBYE_MS, undefined, { ref: false })]),
  }
}
