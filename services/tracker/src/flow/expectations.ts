import type { DeclaredDuty, Topology } from '@chorus/contracts'
import { fieldOf, type Step } from './step.js'

/** An event that must come and was not seen yet. */
export interface Expectation {
  /** Who has to emit it. */
  service: string
  /** Any of these will do. */
  owes: readonly string[]
  /** What it follows from. */
  after: { id: string; type: string }
  /** Since when it is waited for, ms since 1970; in the future while there is time. */
  sinceMs: number
}

type Judged = Pick<Step, 'id' | 'type' | 'atMs' | 'data'>

const arises = ({ when, unless }: DeclaredDuty, { data }: Judged) =>
  (when === undefined || fieldOf(data, when) !== undefined) &&
  (unless === undefined || fieldOf(data, unless) === undefined)

/** Nothing on a topic is sure to hold its contract: a moment that cannot be read is the event's own. */
function momentOf({ by }: DeclaredDuty, { atMs, data }: Judged): number {
  const moment = by === undefined ? NaN : Date.parse(String(fieldOf(data, by)))
  return Number.isNaN(moment) ? atMs : moment
}

const contains = (outer: Expectation, inner: Expectation) =>
  inner.owes.every((type) => outer.owes.includes(type))

/** Of two that the same event would fulfil, the narrower one says more; of two that are alike, the older one. */
function narrowest(all: readonly Expectation[]): Expectation[] {
  return all.filter(
    (one, i) =>
      !all.some(
        (other, k) =>
          k !== i &&
          other.service === one.service &&
          contains(one, other) &&
          (!contains(other, one) || other.sinceMs < one.sinceMs || (other.sinceMs === one.sinceMs && k < i)),
      ),
  )
}

/**
 * What must still follow from the events of one flow, as the services declare it: the longest awaited first.
 * @param steps in any order
 */
export function expectationsOf(steps: readonly Judged[], topology: Topology): Expectation[] {
  const seen = new Set(steps.map(({ type }) => type))
  const open = topology.services.flatMap(({ name: service, duties }) =>
    duties
      .filter(({ owes }) => !owes.some((type) => seen.has(type)))
      .flatMap((duty) =>
        steps
          .filter((step) => step.type === duty.after && arises(duty, step))
          .map((step) => ({
            service,
            owes: duty.owes,
            after: { id: step.id, type: step.type },
            sinceMs: momentOf(duty, step),
          })),
      ),
  )
  return narrowest(open).sort((a, b) => a.sinceMs - b.sinceMs)
}

/** The state of a flow whose end was not seen yet. */
export const OPEN = 'OPEN'

/** The state of a flow by its events: as the first one that ends it says. */
export function stateOf(steps: readonly Judged[], topology: Topology): string {
  const states = new Map(topology.services.flatMap(({ ends }) => Object.entries(ends)))
  const [end] = steps.filter(({ type }) => states.has(type)).sort((a, b) => a.atMs - b.atMs)
  return end ? states.get(end.type)! : OPEN
}
