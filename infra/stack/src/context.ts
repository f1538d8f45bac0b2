import type { Settings } from './config.js'
import type { Layout } from './layout.js'
import type { Part, PartSpec } from './supervisor.js'

/** What every part needs to start. */
export interface Context {
  readonly settings: Settings
  readonly layout: Layout
  readonly ports: Readonly<Record<string, number>>
  readonly abort: AbortSignal
  /** Starts a part under supervision; it is stopped with the stack, last started first. */
  run: (spec: PartSpec) => Part
  /** Tells the person at the terminal. */
  event: (text: string) => void
}

/** The port of a part. */
export function portOf(context: Pick<Context, 'ports'>, part: string): number {
  const port = context.ports[part]
  if (port === undefined) throw new Error(`${part} has no port`)
  return port
}
