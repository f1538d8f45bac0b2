import type { Topology } from '@chorus/contracts'
import { expectationsOf, stateOf, type Expectation } from './expectations.js'
import type { Step } from './step.js'

/** What an event is to its flow. */
export type Mark = 'fact' | 'refusal' | 'undo' | 'end'

/** An event in its place. */
export interface Hop extends Step {
  /** Milliseconds since the first event of the flow. */
  offsetMs: number
  /** Milliseconds since what led to it; undefined for what came from outside. */
  tookMs?: number
  /** The event of the flow that led to it, at least as far as others can see. */
  causeId?: string
  mark: Mark
  /** The event that it takes back. */
  undoes?: string
}

/** One flow, told from its beginning. */
export interface Timeline {
  state: string
  hops: Hop[]
  /** What must still come, the longest awaited first. */
  expected: Expectation[]
  /** Of the first event: by it the flow is found in traces. */
  traceId?: string
}

/** Causes before what they led to, also where two clocks disagree. */
function inOrder(steps: readonly Step[]): Step[] {
  const byId = new Map(steps.map((step) => [step.id, step]))
  const depthOf = (step: Step, seen: ReadonlySet<string> = new Set()): number => {
    const cause = byId.get(step.causationId)
    return cause && !seen.has(step.id) ? 1 + depthOf(cause, new Set([...seen, step.id])) : 0
  }
  const depths = new Map(steps.map((step) => [step.id, depthOf(step)]))
  return steps.toSorted((a, b) => a.atMs - b.atMs || depths.get(a.id)! - depths.get(b.id)!)
}

function marks({ services }: Topology) {
  const undone = new Map(services.flatMap(({ undoes }) => Object.entries(undoes)))
  const refusals = new Set(services.flatMap((service) => service.refusals))
  const ends = new Set(services.flatMap(({ ends }) => Object.keys(ends)))
  const markOf = (type: string): Mark =>
    undone.has(type) ? 'undo' : refusals.has(type) ? 'refusal' : ends.has(type) ? 'end' : 'fact'
  return { markOf, undone }
}

/**
 * Puts the events of a flow in order, each with what led to it and how long that took.
 * What an answer from outside led to has a command before it, which nobody sees: then its service's event before counts.
 */
export function timelineOf(steps: readonly Step[], topology: Topology): Timeline {
  const ordered = inOrder(steps)
  const { markOf, undone } = marks(topology)
  const startMs = ordered[0]?.atMs ?? 0
  const hops = ordered.map((step, i): Hop => {
    const cause =
      ordered.find(({ id }) => id === step.causationId) ??
      ordered.slice(0, i).findLast(({ service }) => service === step.service)
    const undoes = undone.get(step.type)
    return {
      ...step,
      offsetMs: step.atMs - startMs,
      ...(cause && { tookMs: step.atMs - cause.atMs, causeId: cause.id }),
      mark: markOf(step.type),
      ...(undoes !== undefined && { undoes }),
    }
  })
  const traceId = ordered[0]?.traceparent.split('-')[1]
  return {
    state: stateOf(ordered, topology),
    hops,
    expected: expectationsOf(ordered, topology),
    ...(traceId && { traceId }),
  }
}
