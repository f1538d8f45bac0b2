import { randomBytes } from 'node:crypto'

const TRACEPARENT = /^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/

/** For work that no request set off. */
export const NO_TRACE = ''

/**
 * W3C trace context: goes on with the caller's trace in a new span, or begins a trace when there is none.
 * @param incoming the caller's `traceparent`, or anything that is none
 */
export function newTraceparent(incoming: string | undefined): string {
  const match = TRACEPARENT.exec(incoming ?? '')
  const trace = match?.[1] ?? randomBytes(16).toString('hex')
  return `00-${trace}-${randomBytes(8).toString('hex')}-${match?.[2] ?? '01'}`
}
