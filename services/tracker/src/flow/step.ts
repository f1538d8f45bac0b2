/** One event of a flow, as it stands on its topic. */
export interface Step {
  id: string
  type: string
  /** The service that emitted it. */
  service: string
  /** When the transaction that recorded it began, ms since 1970. */
  atMs: number
  /** The event that led to it, or a command that nobody else sees. */
  causationId: string
  traceparent: string
  data: Readonly<Record<string, unknown>>
}

/** The value at a dotted path, or undefined. */
export const fieldOf = (data: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined,
      data,
    )
