import { WorkingRows, type Ids, type Tables, type Touches, type WriteSet } from './rows.js'

/** What one input looks at; see `touches` and `reads` of a rule. */
export interface Looks {
  touches: Touches<Tables>
  reads: Touches<Tables>
  /** Told when naming the ids fails: then the input looks at nothing. */
  fail(error: Error): void
}

type AnyRow = Record<string, unknown>

/** Gets the rows that exist of these ids; locked, when they may be changed. */
export type FetchRows = (table: string, ids: readonly string[], lock: boolean) => Promise<AnyRow[]>

function idsOf(looks: Looks, kind: 'touches' | 'reads', table: string): Ids {
  try {
    const ids = looks[kind][table]
    return (typeof ids === 'function' ? ids() : ids) ?? []
  } catch (error) {
    looks.fail(error as Error)
    return []
  }
}

/** True when the ids can only be told from rows of the tables before. */
const mustWait = ({ touches, reads }: Looks, table: string) =>
  typeof touches[table] === 'function' || typeof reads[table] === 'function'

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

  /**
   * Loads table after table in lock order. All that can be asked for is asked for at once, before this returns for the
   * first time; only what depends on rows of the tables before waits for them.
   */
  async load(inputs: readonly Looks[], fetch: FetchRows): Promise<void> {
    let asked: Promise<void>[] = []
    for (const [table, rows] of Object.entries(this.byTable)) {
      if (inputs.some((looks) => mustWait(looks, table))) {
        await Promise.all(asked)
        asked = []
      }
      const touched = idsIn(inputs, 'touches', table)
      const read = [...idsIn(inputs, 'reads', table)].filter((id) => !touched.has(id))
      const ask = async (ids: readonly string[], lock: boolean) =>
        rows.load(ids, await fetch(table, ids, lock))
      if (touched.size > 0) asked.push(ask([...touched], true))
      if (read.length > 0) asked.push(ask(read, false))
    }
    await Promise.all(asked)
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
