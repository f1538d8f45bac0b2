import { randomHex } from './ids.js'

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/

/** A place in a trace. */
export interface Place {
  traceId: string
  spanId: string
  /** 1 when it is to be told of, 0 when not. */
  traceFlags: number
}

/** Reads a W3C trace context; undefined when it is none. */
export function placeIn(traceparent: string | undefined): Place | undefined {
  const match = TRACEPARENT.exec(traceparent ?? '')
  if (!match) return undefined
  return { traceId: match[1]!, spanId: match[2]!, traceFlags: parseInt(match[3]!, 16) & 1 }
}

/**
 * W3C trace context: goes on with the caller's trace in a new span, or begins a trace when there is none.
 * @param incoming the caller's `traceparent`, or anything that is none
 */
export function newTraceparent(incoming: string | undefined): string {
  const match = TRACEPARENT.exec(incoming ?? '')
  const trace = match?.[1] ?? randomHex(16)
  return `00-${trace}-${randomHex(8)}-${match?.[3] ?? '01'}`
}

/** The trace context that work goes on with: that of what led to it, or of a new trace when that has none. */
export const goOn = (traceparent = ''): string =>
  TRACEPARENT.test(traceparent) ? traceparent : newTraceparent(undefined)
