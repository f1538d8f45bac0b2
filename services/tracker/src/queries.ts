import type { Topology } from '@chorus/contracts'
import type { Knex } from 'knex'
import { dataOf, timelineOf, type Expectation, type Hop, type Timeline } from './flow/index.js'

/** A flow as the list of flows shows it. */
export interface FlowView {
  id: string
  user: string | null
  state: string
  /** How many events it has had. */
  events: number
  last: { type: string; at: string }
  startedAt: string
  waitingFor: WaitView[]
}

/** An event that must come and was not seen yet. */
export interface WaitView {
  service: string
  owes: readonly string[]
  after: string
  /** In the future while there is time. */
  since: string
}

/** What the queries read of a row of flows. */
export interface FlowRow {
  id: string
  user_id: string | null
  state: string
  steps: number
  last_type: string
  last_at: Date
  waits: Expectation[]
  waiting_since: Date | null
  created_at: Date
}

/** A step may take this long before it counts as stuck. */
const STUCK_AFTER = '2 seconds'

export const waitView = ({ service, owes, after, sinceMs }: Expectation): WaitView => ({
  service,
  owes,
  after: after.type,
  since: new Date(sinceMs).toISOString(),
})

/** @param row of the table flows */
export const flowView = (row: FlowRow): FlowView => ({
  id: row.id,
  user: row.user_id,
  state: row.state,
  events: row.steps,
  last: { type: row.last_type, at: row.last_at.toISOString() },
  startedAt: row.created_at.toISOString(),
  waitingFor: row.waits.map(waitView),
})

/** Which flows are looked for; all of them when nothing is said. */
export interface Filter {
  state?: string | undefined
  user?: string | undefined
  /** Begun then or later. */
  since?: Date | undefined
  /** Begun before. */
  before?: Date | undefined
}

/** The flows of a filter, to be read by pages. */
export function findFlows(knex: Knex, { state, user, since, before }: Filter): Knex.QueryBuilder {
  const rows = knex<FlowRow>('flows')
  if (state !== undefined) void rows.where('state', state)
  if (user !== undefined) void rows.where('user_id', user)
  if (since !== undefined) void rows.where('created_at', '>=', since)
  if (before !== undefined) void rows.where('created_at', '<', before)
  return rows
}

/** The flows in which something is missing for longer than it should, the longest wait first. */
export async function stuckFlows(knex: Knex, limit: number): Promise<FlowView[]> {
  const rows = await knex<FlowRow>('flows')
    .whereRaw(`waiting_since < now() - interval '${STUCK_AFTER}'`)
    .orderBy('waiting_since')
    .limit(limit)
  return rows.map(flowView)
}

/** How many flows there are, by state, and how many of all are stuck. */
export async function countFlows(knex: Knex): Promise<{ states: Record<string, number>; stuck: number }> {
  const [states, [stuck]] = await Promise.all([
    knex<{ state: string; count: number }>('flow_counts').where('count', '>', 0),
    knex<FlowRow>('flows')
      .whereRaw(`waiting_since < now() - interval '${STUCK_AFTER}'`)
      .count<{ count: number }[]>('* as count'),
  ])
  return {
    states: Object.fromEntries(states.map(({ state, count }) => [state, count])),
    stuck: stuck?.count ?? 0,
  }
}

interface StepRow {
  id: string
  type: string
  service: string
  at: Date
  causation_id: string
  traceparent: string
  dataschema: string
  topic: string
  partition: number
  offset: number
  payload: string
  resent: boolean
  gone: boolean
}

/** Whether an event still stands on its topic: it may have been sent again to one that was made anew, or not. */
export type Standing = 'there' | 'resent' | 'gone'

/** An event with where it stands. */
export type PlacedHop = Hop & {
  dataschema: string
  topic: string
  partition: number
  offset: number
  /** How many times more it stands on its topic: those are dropped by whoever hears them. */
  copies: number
  standing: Standing
}

/** One flow, told from its beginning. */
export type Story = Omit<Timeline, 'hops'> & { id: string; user: string | null; hops: PlacedHop[] }

/** Tells one flow. @returns undefined when nothing was heard of it */
export async function readStory(knex: Knex, id: string, topology: Topology): Promise<Story | undefined> {
  const [rows, copies] = await Promise.all([
    knex<StepRow>('steps')
      .leftJoin('logs', (on) => on.on('logs.topic', 'steps.topic').andOn('logs.partition', 'steps.partition'))
      .where('flow_id' as never, id)
      .select<StepRow[]>('steps.*', knex.raw('coalesce(steps.log < logs.log, false) AS gone')),
    knex('copies')
      .where('flow_id', id)
      .select('id')
      .count<{ id: string; count: number }[]>('* as count')
      .groupBy('id'),
  ])
  if (rows.length === 0) return undefined
  const placed = new Map(rows.map((row) => [row.id, row]))
  const copiesOf = new Map(copies.map((row) => [row.id, row.count]))
  const steps = rows.map(({ at, causation_id, payload, ...row }) => ({
    id: row.id,
    type: row.type,
    service: row.service,
    atMs: at.getTime(),
    causationId: causation_id,
    traceparent: row.traceparent,
    data: dataOf(payload),
  }))
  const { hops, ...timeline } = timelineOf(steps, topology)
  const user = hops.map(({ data }) => data.userId).find((one) => typeof one === 'string')
  return {
    id,
    user: user ?? null,
    ...timeline,
    hops: hops.map((hop) => {
      const { dataschema, topic, partition, offset, gone, resent } = placed.get(hop.id)!
      const standing: Standing = gone ? 'gone' : resent ? 'resent' : 'there'
      return { ...hop, dataschema, topic, partition, offset, copies: copiesOf.get(hop.id) ?? 0, standing }
    }),
  }
}
