import type { RequestHandler } from 'express'
import type { Cause, Outgoing } from '../event.js'
import type { Input, Outcome } from '../input.js'
import type { Log } from '../log.js'
import type { Route } from '../routes.js'

/**
 * Spans of what a service does, for a collector of traces. Without one there is no Tracing: whoever would tell it
 * something asks first whether there is one, and that is all it costs.
 */
export interface Tracing {
  /** Spans the requests of a route; what they lead to is told of in `res.locals.traceparent`. */
  requests(route: Route): RequestHandler
  /** Begins a span for each input of a batch. */
  batch(inputs: readonly Input[]): BatchSpans
  /** Begins the span of a call to the outside. @param asked trace context of what asked for it */
  call(effect: string, asked: string): CallSpan
  /** Sends what was not sent yet. */
  close(): Promise<void>
}

/** The spans of one transaction. Those of one that was rolled back are let go: only what is ended is told. */
export interface BatchSpans {
  /** Begins the span of an event that its cause leads to. @returns the cause, with the trace context of that span */
  emits(cause: Cause): Cause
  /** Told once all of it is committed. @param events in the order in which `emits` was told of them */
  end(outcomes: readonly Outcome[], events: readonly Outgoing[]): void
}

/** The span of a call to the outside. */
export interface CallSpan {
  traceparent: string
  /** Ends it, if it has not ended yet. @param error when there was no answer */
  end(error?: Error): void
}

export interface TracingOptions {
  service: string
  /** Base address of an OTLP receiver over HTTP; undefined for no traces. */
  endpoint: string | undefined
  log: Log
}

/** Traces go to a collector when there is one; without one nothing of OpenTelemetry is loaded. */
export async function openTracing({ service, endpoint, log }: TracingOptions): Promise<Tracing | undefined> {
  if (endpoint === undefined) return undefined
  const [{ spansOf }, { openProvider }] = await Promise.all([import('./spans.js'), import('./provider.js')])
  return spansOf(service, openProvider(service, endpoint, log))
}
