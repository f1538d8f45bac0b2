import { contractOf, type EventType } from '@chorus/contracts'
import { rulesByEvent } from './batch.js'
import type { Recorded } from './event.js'
import { Premature } from './input.js'
import { emits, type Projection, type Service } from './service.js'
import type { Tables } from './rows.js'
import { WorkingSet } from './working-set.js'

type AnyRow = Record<string, unknown>
type Apply = (rows: unknown, event: Recorded) => void

/** Applies one of a service's own facts to rows, and counts it as its aggregate's. @returns the aggregate's version */
export type Folder = (set: WorkingSet, event: Recorded) => number

/** Looks up once what folding needs of a service. */
export function folderOf({ evolve, tables }: Service): Folder {
  const tableOf = new Map(
    emits({ evolve }).map((type) => {
      const { aggregate } = contractOf(type)
      return [type, Object.entries(tables).find(([, table]) => table.aggregate === aggregate)![0]]
    }),
  )
  return (set, event) => {
    const apply = evolve[event.type] as Apply | undefined
    apply?.(set.rows, event)
    return set.byTable[tableOf.get(event.type)!]!.bump(event.subject)
  }
}

/** What became of a fact that was folded. EARLY: it waits for the one before it. */
export type Folding = 'FOLDED' | 'KNOWN' | 'EARLY'

/**
 * A service's rows as they follow from events alone: its own facts are evolved and what it projects of others is
 * projected. Nothing is decided, nothing leaves this process. All rows are held in memory until they are taken, so
 * constraints that are broken while only some keys have been folded are never seen by a database.
 *
 * Facts that come twice are known by the version of their aggregate, so topics may hold duplicates and may be read
 * partition by partition.
 */
export class Fold {
  private readonly set: WorkingSet
  private readonly folder: Folder
  private readonly rules: ReturnType<typeof rulesByEvent>
  private readonly early = new Map<string, Map<number, Recorded>>()

  /** @param known rows that there are already, by the key of their table: only what they do not know is folded */
  constructor(service: Service, known: Readonly<Record<string, readonly AnyRow[]>> = {}) {
    this.set = new WorkingSet(service.tables)
    for (const [table, rows] of Object.entries(this.set.byTable)) rows.loadAll(known[table] ?? [])
    this.folder = folderOf(service)
    this.rules = rulesByEvent(service)
  }

  /** Folds a fact of this service. @param version of its aggregate, from 1 @throws what evolving throws */
  fact(event: Recorded, version: number): Folding {
    const { aggregate } = contractOf(event.type)
    const at = Number(this.set.ofAggregate(aggregate).get(event.subject)?.version ?? 0)
    if (version <= at) return 'KNOWN'
    if (version > at + 1) {
      this.wait(`${aggregate}/${event.subject}`, event, version)
      return 'EARLY'
    }
    this.folder(this.set, event)
    if (this.early.size > 0) this.follow(`${aggregate}/${event.subject}`, version + 1)
    return 'FOLDED'
  }

  /** Projects an event of another service. @returns false when what it is about does not exist (yet) */
  project(event: Recorded): boolean {
    const rule = this.rules.get(event.type) as Projection<Tables, never> | undefined
    try {
      rule?.project(this.set.rows, event as never)
      return true
    } catch (error) {
      if (error instanceof Premature) return false
      throw error
    }
  }

  /** Facts that could not be folded, because one before them was never told. */
  get gaps(): number {
    return [...this.early.values()].reduce((sum, waiting) => sum + waiting.size, 0)
  }

  /** The rows of a table, in the order they were made. */
  rows(table: string): AnyRow[] {
    return this.set.byTable[table]!.inserts()
  }

  /** What is to be written, table after table: rows that were made, rows that were known and have changed. */
  changes(): ReturnType<WorkingSet['changes']> {
    return this.set.changes()
  }

  private wait(aggregate: string, event: Recorded, version: number): void {
    const waiting = this.early.get(aggregate) ?? new Map<number, Recorded>()
    this.early.set(aggregate, waiting.set(version, event))
  }

  private follow(aggregate: string, version: number): void {
    const waiting = this.early.get(aggregate)
    const next = waiting?.get(version)
    if (!waiting || !next) return
    waiting.delete(version)
    if (waiting.size === 0) this.early.delete(aggregate)
    this.fact(next, version)
  }
}

/** The event types that a service projects. */
export const projects = ({ projections = [] }: Pick<Service, 'projections'>): EventType[] =>
  projections.flatMap(({ needs }) => Object.keys(needs) as EventType[])
