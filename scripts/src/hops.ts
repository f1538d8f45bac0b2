import type { Hop } from './flow-watch.js'

const pad = (text: string | number, width: number) => String(text).padStart(width)

/** One line of a hop: ms since the request, ms since what caused it, service, event. */
export function hopLine(hop: Hop, seen: readonly Hop[], startMs: number): string {
  // What the answer to an effect caused has a command before it, not an event: then the hop before counts.
  const cause = seen.find(({ id }) => id === hop.causationId) ?? seen[seen.indexOf(hop) - 1]
  const took = cause ? `${hop.atMs - cause.atMs} ms` : ''
  return `  ${pad(`+${hop.atMs - startMs} ms`, 9)}  ${pad(took, 7)}  ${hop.service.padEnd(8)}  ${hop.type}`
}

/** The heading over hop lines. */
export const hopHeading = `  ${pad('at', 9)}  ${pad('took', 7)}  ${'service'.padEnd(8)}  event`

/** A flow as lines. @param startMs when the request was sent */
export const hopTable = (hops: readonly Hop[], startMs: number): string =>
  [hopHeading, ...hops.map((hop) => hopLine(hop, hops, startMs))].join('\n')
