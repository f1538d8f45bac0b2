import type { Events, EventType } from '@chorus/contracts'
import type { PathsOf } from './needs.js'
import { emits, hears, type Service } from './service.js'

/** What a service owes once something happened: one of its own events, in the same flow. */
export type Duty = {
  [E in EventType]: {
    after: E
    /** It is owed only if the data of `after` has this field. */
    when?: PathsOf<Events[E]>
    /** It is owed only if the data of `after` does not have this field. */
    unless?: PathsOf<Events[E]>
    /** Any of these will do. */
    owes: readonly EventType[]
    /** The field with the moment until which there is time; without it, it is waited for at once. */
    by?: PathsOf<Events[E]>
  }
}[EventType]

/** What a service tells of its part in a flow. Nothing is decided by it: it is for those who watch. */
export interface FlowPart {
  duties: readonly Duty[]
  /** Own events that take an earlier one back, with the one that they take back. */
  undoes?: { readonly [E in EventType]?: EventType }
  /** Own events that say no: a step that was asked for is not done. */
  refusals?: readonly EventType[]
  /** Own events that end a flow, with the name of the state it is in from then on. */
  ends?: { readonly [E in EventType]?: string }
  /** Column with the moment at which a flow began, in the row that these events end: how long it took is measured. */
  began?: string
}

type Described = Pick<Service, 'name' | 'evolve' | 'reactions' | 'projections' | 'flow'>

/** @throws Error when a duty follows from what the service does not know of, or anything else is not its own to emit */
export function checkFlowPart(service: Described): void {
  const { duties = [], undoes = {}, refusals = [], ends = {} } = service.flow ?? {}
  const own = new Set(emits(service))
  const known = new Set([...own, ...hears(service)])
  const unknown = duties.find(({ after }) => !known.has(after))
  if (unknown)
    throw new Error(`${service.name} cannot owe anything after ${unknown.after}: it does not hear it`)
  const named = [...duties.flatMap(({ owes }) => owes), ...refusals, ...keysOf(undoes), ...keysOf(ends)]
  const foreign = named.find((type) => !own.has(type))
  if (foreign) throw new Error(`${service.name} cannot owe ${foreign}: it does not emit it`)
}

const keysOf = (value: object) => Object.keys(value) as EventType[]
