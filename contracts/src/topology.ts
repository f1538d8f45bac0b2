import generated from '../generated/topology.cjs'

/** What a service owes after an event; the meaning of each field: `Duty` in infra/chassis/src/flow-part.ts. */
export interface DeclaredDuty {
  readonly after: string
  readonly when?: string
  readonly unless?: string
  readonly owes: readonly string[]
  readonly by?: string
}

/** What one service declares of itself. */
export interface DeclaredService {
  readonly name: string
  readonly emits: readonly string[]
  /** By event type, the fields that it reads. */
  readonly hears: Readonly<Record<string, readonly string[]>>
  /** By event type, the field that its data must have (`when`) or must not have (`unless`) to be heard. */
  readonly only: Readonly<Record<string, { readonly when?: string; readonly unless?: string }>>
  readonly duties: readonly DeclaredDuty[]
  /** Own events that take an earlier one back. */
  readonly undoes: Readonly<Record<string, string>>
  /** Own events that say no. */
  readonly refusals: readonly string[]
  /** Own events that end a flow, with the state it is in from then on. */
  readonly ends: Readonly<Record<string, string>>
  /** Calls to the outside that its rows can ask for. */
  readonly effects: readonly string[]
}

/** Who emits and hears what, and what must follow: the choreography as data. */
export interface Topology {
  readonly services: readonly DeclaredService[]
}

/** As topology.json has it: made from the services' own values by `chorus contracts topology`. */
export const topology = generated as Topology
