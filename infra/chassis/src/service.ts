import { contracts, type EventType, type Events } from '@chorus/contracts'
import type { RequestHandler } from 'express'
import type { Knex } from 'knex'
import type { Pool } from 'pg'
import type { ProblemCode } from '@chorus/contracts'
import type { Authenticate } from './auth.js'
import type { Message } from './dead-letters.js'
import type { Conditions } from './conditions.js'
import { checkFlowPart, type FlowPart } from './flow-part.js'
import type { Log } from './log.js'
import type { NewEvent, Recorded } from './event.js'
import type { Migration } from './migrations.js'
import type { Heard, Needs, PathsOf } from './needs.js'
import type { Route } from './routes.js'
import type { ReadSet, RowOf, Tables, Touches, WriteSet } from './rows.js'

/** Why a command is not carried out. An event is never refused: it is a fact. */
export interface Refusal {
  refused: ProblemCode
  /** What exactly is wrong, for the caller. */
  detail: string
}

/** Refuses a command: nothing is written. */
export const refuse = (refused: ProblemCode, detail: string): Refusal => ({ refused, detail })

/** A wish that the service may refuse. */
export interface Command<Body = unknown> {
  id: string
  /** Who asks: the token's subject, or the service itself for sweeps and effects. */
  userId: string
  admin: boolean
  body: Body
}

interface Scope<T extends Tables, Input> {
  /** The rows that the rule may change: they are locked, table after table in the order of `tables`. */
  touches(input: Input, rows: ReadSet<T>): Touches<T>
  /** Rows that the rule only reads: they are not locked. */
  reads?(input: Input, rows: ReadSet<T>): Touches<T>
}

/** What a rule hears. */
interface Hearing {
  /** The events, and the fields it reads of each: it is given no others. */
  needs: Needs
  /** Which of them are its business; without a condition, all of a type. */
  only?: Conditions
}

/** Events of others -> own events. Pure: time comes in as data. */
export interface Reaction<T extends Tables, Event = Recorded> extends Hearing, Scope<T, Event> {
  decide(event: Event, rows: ReadSet<T>, at: Date): readonly NewEvent[]
}

/** Events of others -> a replica of what they say. Emits nothing. */
export interface Projection<T extends Tables, Event = Recorded> extends Hearing, Scope<T, Event> {
  project(rows: WriteSet<T>, event: Event): void
}

/** Requests -> own events, or a refusal. */
export interface CommandRule<T extends Tables, Body = unknown, View = unknown> extends Scope<
  T,
  Command<Body>
> {
  name: string
  decide(command: Command<Body>, rows: ReadSet<T>, at: Date): readonly NewEvent[] | Refusal
  /** What the caller gets. A repeated request is answered from the rows as they are now. */
  answer(command: Command<Body>, rows: ReadSet<T>): View
}

/** Changes rows as one event says. */
type Apply<T extends Tables, E extends EventType> = {
  apply(rows: WriteSet<T>, event: Recorded<E>): void
}['apply']

/** Own event -> rows: the only place where owned rows change, live and when tables are rebuilt. */
export type Evolution<T extends Tables> = { readonly [E in EventType]?: Apply<T, E> }

/** What an effect or a sweep wants done. */
export interface Call {
  rule: CommandRule<Tables>
  /** Derived from what led to it, so that it is done once. */
  id: string
  body: unknown
  /** W3C trace context of what led to it; without one a trace begins. That of an effect is in its row. */
  traceparent?: string
}

/** Tables whose rows keep the trace context of the event that last asked something of the outside. */
type Traced<T extends Tables> = {
  [K in keyof T]: RowOf<T[K]> extends { traceparent: string } ? K : never
}[keyof T]

/** A call to the outside, made after the commit and outside any transaction; its result comes back as a command. */
export interface Effect<T extends Tables, K extends keyof T = keyof T> {
  name: string
  table: K
  /** True while this row waits for the call. */
  wants(row: RowOf<T[K]>): boolean
  /** SQL condition, on the same table, for the rows that `wants` is true of: finds what a crash left behind. */
  wantsSql: string
  /**
   * Calls, and says what is to be recorded; undefined to be asked again later.
   * @param traceparent W3C trace context of the call, to be handed on to whoever is called
   */
  run(row: RowOf<T[K]>, traceparent: string): Promise<Call | undefined>
}

/** Rows that are due by the database's clock -> commands. */
export interface Sweep {
  name: string
  everyMs: number
  /** At most some hundreds of due rows a round. */
  due(knex: Knex): Promise<readonly Call[]>
}

/** How a service that only observes takes in messages. */
export interface Observation {
  /** The consumer group: a new one begins at the start of the topics. */
  group: string
  topics: readonly string[]
  /** Takes messages of one partition, in order; resolves once what they led to is committed. */
  take(messages: readonly Message[]): Promise<unknown>
}

/** What pages of a service's own are made with. */
export interface PagesContext {
  knex: Knex
  authenticate: Authenticate
  log: Log
}

/** A service: what it is made of, as one value. What it hears and emits is read from here, never written twice. */
export interface Service<T extends Tables = Tables> {
  name: string
  /** In lock order. */
  tables: T
  reactions: readonly Reaction<T, never>[]
  projections?: readonly Projection<T, never>[]
  commands: readonly CommandRule<T>[]
  evolve: Evolution<T>
  effects?: readonly Effect<T>[]
  sweeps?: readonly Sweep[]
  /** Its part in the flows, for those who watch them. */
  flow?: FlowPart
  /** Reads whole topics as they are, past the executor: for a service that decides nothing. */
  observes?: { open(context: { pool: Pool; log: Log }): Promise<Observation> }
  /** Pages for people; asked before the routes, so it may also say who calls them. */
  pages?(context: PagesContext): RequestHandler
  routes: readonly Route[]
  migrations: readonly Migration[]
}

/** Needs whose paths all lead to a field of the contract. */
type Checked<N extends Needs> = N & { readonly [K in keyof N & EventType]: readonly PathsOf<Events[K]>[] }

/** Conditions on fields that the rule reads. */
type Conditioned<N extends Needs> = {
  readonly [K in keyof N & EventType]?: N[K] extends readonly (infer P extends string)[]
    ? { readonly when: P } | { readonly unless: P }
    : never
}

/** A rule without what its maker adds or checks. */
type Ruled<R, N extends Needs> = Omit<R, 'needs' | 'only'> & { only?: Conditioned<N> }

/** The rule makers for one service's tables, so that every rule knows the types of its rows. */
export const rulesOver = <T extends Tables>(_tables: T) => ({
  reaction: <const N extends Needs>(
    needs: Checked<N>,
    rule: Ruled<Reaction<T, Heard<N>>, N>,
  ): Reaction<T, Heard<N>> => ({ needs, ...rule }),
  projection: <const N extends Needs>(
    needs: Checked<N>,
    rule: Ruled<Projection<T, Heard<N>>, N>,
  ): Projection<T, Heard<N>> => ({ needs, ...rule }),
  command: <Body, View>(
    name: string,
    rule: Omit<CommandRule<T, Body, View>, 'name'>,
  ): CommandRule<T, Body, View> => ({ name, ...rule }),
  effect: <K extends Traced<T>>(rule: Effect<T, K>): Effect<T, K> => rule,
  evolution: (evolve: Evolution<T>): Evolution<T> => evolve,
})

/**
 * Declares a service.
 * @throws Error when two rules hear the same event, an emitted event belongs to another service, or an aggregate
 * has no table
 */
export function service<T extends Tables>(value: Service<T>): Service<T> {
  const twice = hears(value).find((type, i, all) => all.indexOf(type) !== i)
  if (twice) throw new Error(`${value.name}: two rules hear ${twice}; make it one`)
  const aggregates = new Set(Object.values(value.tables).map((t) => t.aggregate))
  for (const type of emits(value)) {
    const contract = contracts.find((c) => c.type === type)
    if (contract?.producer !== value.name) throw new Error(`${value.name} cannot emit ${type}: not its event`)
    if (!aggregates.has(contract.aggregate))
      throw new Error(`${value.name}: no table for ${contract.aggregate}`)
  }
  checkFlowPart(value)
  return value
}

/** The event types that a service emits. */
export const emits = (value: Pick<Service, 'evolve'>): EventType[] => Object.keys(value.evolve) as EventType[]

type Hears = Pick<Service, 'reactions' | 'projections'>
const rulesOf = ({ reactions, projections = [] }: Hears) => [...reactions, ...projections]

/** The event types that a service reacts to. */
export const hears = (value: Hears): EventType[] =>
  rulesOf(value).flatMap(({ needs }) => Object.keys(needs) as EventType[])

/** By event type, the fields that a service reads: what its contract with the producer comes down to. */
export const needsOf = (value: Hears): Needs =>
  Object.assign({}, ...rulesOf(value).map(({ needs }) => needs)) as Needs

/** By event type, the condition under which it is the service's business. */
export const conditionsOf = (value: Hears): Conditions =>
  Object.assign({}, ...rulesOf(value).map(({ only }) => only ?? {})) as Conditions
