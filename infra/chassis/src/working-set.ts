import { WorkingRows, type Ids, type Tables, type Touches, type WriteSet } from './rows.js'

/** What one input looks at; see `touches` and `reads` of a rule. */
export interface Looks {
  touches: Touches<Tables>
  reads: Touches<Tables>
  /** Told when naming the ids fails; must throw. */
  fail(error: Error): never
}

type AnyRow = Record<string, unknown>

/** Gets the rows that exist of these ids; locked, when they may be changed. */
export type FetchRows = (table: string, ids: readonly string[], lock: boolean) => Promise<AnyRow[]>

function idsOf(looks: Looks, kind: 'touches' | 'reads', table: string): Ids {
  try {
    const ids = looks[kind][table]
    return (typeof ids === 'function' ? ids() : ids) ?? []
  } catch (error) {
    return looks.fail(error as Error)
  }
}

function idsIn(inputs: readonly Looks[], kind: 'touches' | 'reads', table: string): Set<string> {
  return new Set(inputs.flatMap((looks) => idsOf(looks, kind, table)).filter((id) => id !== undefined))
}

/** The rows of all tables that one batch works on: loaded and locked once, changed in memory, saved once. */
export class WorkingSet {
  readonly byTable: Record<string, WorkingRows>
  private readonly byAggregate: ReadonlyMap<string, WorkingRows>

  constructor(tables: Tables) {
    this.byTable = Object.fromEntries(Object.entries(tables).map(([key, t]) => [key, new WorkingRows(t)]))
    this.byAggregate = new Map(
      Object.entries(tables).flatMap(([key, { aggregate }]) =>
        aggregate === undefined ? [] : [[aggregate, this.byTable[key]!]],
      ),
    )
  }

  /** The rows as the rules get them. */
  get rows(): WriteSet<Tables> {
    return this.byTable
  }

  /** The rows that count the events of an aggregate; `service()` has seen to it that there are some. */
  ofAggregate(aggregate: string): WorkingRows {
    return this.byAggregate.get(aggregate)!
  }

  /** Loads table after table in lock order; what an input asks for may depend on the tables before. */
  async load(inputs: readonly Looks[], fetch: FetchRows): Promise<void> {
    for (const [table, rows] of Object.entries(this.byTable)) {
      const touched = idsIn(inputs, 'touches', table)
      if (touched.size > 0) rows.load(touched, await fetch(table, [...touched], true))
      const read = [...idsIn(inputs, 'reads', table)].filter((id) => !touched.has(id))
      if (read.length > 0) rows.load(read, await fetch(table, read, false))
    }
  }

  /** What is to be written, table after table. */
  *changes(): Generator<{ table: string; inserts: AnyRow[]; updates: AnyRow[]; columns: string[] }> {
    for (const [table, rows] of Object.entries(this.byTable)) {
      yield { table, inserts: rows.inserts(), updates: rows.updates(), columns: rows.changedColumns() }
    }
  }

  /** The rows of a table that this batch made or changed. */
  touched(table: string): AnyRow[] {
    const rows = this.byTable[table]!
    return [...rows.inserts(), ...rows.updates()]
  }
}
