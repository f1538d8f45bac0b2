import type { Topology } from '@chorus/contracts'
import { factsOf, whyMissing, type Expectation, type Suspect } from '../flow/index.js'
import type { PlacedHop, Standing, Story } from '../queries.js'
import { spanOf } from './render.js'

/** A piece of an arrow, in one row of the drawing. */
interface Line {
  kind: 'across' | 'down' | 'through' | 'arrive'
  /** Where it is; `across` goes on to `to`. */
  lane: number
  to?: number
  /** How it is drawn: what is taken back and what is awaited look different. */
  style: 'fact' | 'undo' | 'wait'
}

/** One row of the drawing: an event, or one that is missing. */
interface Row {
  lane: number
  lines: Line[]
}

interface Node {
  lane: number
  /** Row of what led to it. */
  cause: number | undefined
  style: Line['style']
}

/** The pieces of the arrow from a cause to what it led to: across to the lane of the latter, then down. */
function draw(rows: readonly Row[], { lane, cause, style }: Node, row: number): void {
  if (cause === undefined) return
  const from = rows[cause]!
  if (from.lane !== lane) from.lines.push({ kind: 'across', lane: from.lane, to: lane, style })
  from.lines.push({ kind: 'down', lane, style })
  for (const between of rows.slice(cause + 1, row)) between.lines.push({ kind: 'through', lane, style })
  rows[row]!.lines.push({ kind: 'arrive', lane, style })
}

function rowsOf(nodes: readonly Node[]): Row[] {
  const rows = nodes.map(({ lane }): Row => ({ lane, lines: [] }))
  for (const [i, node] of nodes.entries()) draw(rows, node, i)
  return rows
}

/** Colours in the style. */
const TONES = 6

const clock = (ms: number) => new Date(ms).toISOString().slice(11, 23)

const STANDING: Record<Standing, string> = {
  there: '',
  resent: ': sent there again, after its topic was lost and made anew',
  gone: ' of a topic that was lost: it was made anew, and this was not sent again',
}

const percent = (part: number, whole: number) => Math.round((1000 * part) / whole) / 10

/** When an event was under way: from what led to it until it was there, in percent of the whole flow. */
function barOf({ offsetMs, tookMs = 0 }: PlacedHop, wholeMs: number) {
  if (wholeMs <= 0 || tookMs <= 0) return undefined
  return { from: percent(offsetMs - tookMs, wholeMs), length: percent(tookMs, wholeMs) }
}

function hopView(hop: PlacedHop, all: readonly PlacedHop[]) {
  const cause = all.find(({ id }) => id === hop.causeId)
  return {
    ...hop,
    at: new Date(hop.atMs).toISOString(),
    clock: clock(hop.atMs),
    offset: `+${spanOf(hop.offsetMs)}`,
    took: hop.tookMs === undefined ? undefined : spanOf(hop.tookMs),
    bar: barOf(hop, Math.max(...all.map(({ offsetMs }) => offsetMs))),
    cause: cause && { id: cause.id, type: cause.type },
    place: `${hop.topic}, partition ${hop.partition}, offset ${hop.offset}${STANDING[hop.standing]}`,
    json: JSON.stringify(hop.data, null, 2),
  }
}

function waitView(one: Expectation, suspects: readonly Suspect[]) {
  const suspect = suspects.find(({ name }) => name === one.service)
  return {
    service: one.service,
    owes: one.owes,
    after: one.after.type,
    sinceMs: one.sinceMs,
    ...(suspect && { ...whyMissing(suspect), facts: factsOf(suspect) }),
    ...(suspect?.setAside && { letters: `/dead-letters?key=${encodeURIComponent(suspect.setAside.key)}` }),
  }
}

/**
 * Everything that the page of a flow shows.
 * @param suspects the services that are waited for, for the reason of what is missing; they may be unknown
 */
export function flowPage(story: Story, topology: Topology, suspects: readonly Suspect[], nowMs: number) {
  const { hops, expected } = story
  const due = expected.filter(({ sinceMs }) => sinceMs <= nowMs)
  const involved = new Set([...hops.map(({ service }) => service), ...due.map(({ service }) => service)])
  // Whoever sends an event may name any service: one that declares nothing has a lane too.
  const known = [...new Set([...topology.services.map(({ name }) => name), ...involved])]
  const lanes = known.filter((name) => involved.has(name))
  const rowOf = (id: string | undefined) => {
    const row = hops.findIndex((hop) => hop.id === id)
    return row === -1 ? undefined : row
  }
  const nodes: Node[] = [
    ...hops.map(({ service, causeId, mark }): Node => ({
      lane: lanes.indexOf(service),
      cause: rowOf(causeId),
      style: mark === 'undo' ? 'undo' : 'fact',
    })),
    ...due.map(({ service, after }): Node => ({
      lane: lanes.indexOf(service),
      cause: rowOf(after.id),
      style: 'wait',
    })),
  ]
  const rows = rowsOf(nodes)
  return {
    ...story,
    lanes,
    /** The colour of each lane: a service has the same one in every flow. */
    tones: lanes.map((name) => known.indexOf(name) % TONES),
    events: hops.map((hop, i) => ({ ...hopView(hop, hops), row: rows[i] })),
    waits: due.map((one, i) => ({ ...waitView(one, suspects), row: rows[hops.length + i] })),
    later: expected.filter(({ sinceMs }) => sinceMs > nowMs),
    started: hops[0] && new Date(hops[0].atMs).toISOString(),
    lasted: spanOf((hops.at(-1)?.atMs ?? 0) - (hops[0]?.atMs ?? 0)),
    nowMs,
  }
}
