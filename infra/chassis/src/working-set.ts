import type { ClientBase } from 'pg'
import { WorkingRows, type Ids, type Tables, type Touches, type WriteSet } from './rows.js'
import type { TableSql } from './tables.js'

/** What one input looks at; see `touches` and `reads` of a rule. */
export interface Looks {
  touches: Touches<Tables>
  reads: Touches<Tables>
  /** Told when naming the ids fails; must throw. */
  fail(error: Error): never
}

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

  constructor(
    tables: Tables,
    private readonly sql: ReadonlyMap<string, TableSql>,
  ) {
    this.byTable = Object.fromEntries(Object.entries(tables).map(([key, t]) => [key, new WorkingRows(t)]))
  }

  /** The rows as the rules get them. */
  get rows(): WriteSet<Tables> {
    return this.byTable
  }

  /** Loads table after table in lock order, the ids sorted, so that two batches cannot wait for each other. */
  async load(client: ClientBase, inputs: readonly Looks[]): Promise<void> {
    for (const [table, rows] of Object.entries(this.byTable)) {
      const sql = this.sql.get(table)!
      const touched = idsIn(inputs, 'touches', table)
      if (touched.size > 0) rows.load(touched, await sql.load(client, [...touched], true))
      const read = [...idsIn(inputs, 'reads', table)].filter((id) => !touched.has(id))
      if (read.length > 0) rows.load(read, await sql.load(client, read, false))
    }
  }

  /** Writes what was made and changed, at most two statements a table. */
  async save(client: ClientBase): Promise<void> {
    for (const [table, rows] of Object.entries(this.byTable)) {
      const [inserts, updates] = [rows.inserts(), rows.updates()]
      if (inserts.length > 0) await this.sql.get(table)!.insert(client, inserts)
      if (updates.length > 0) await this.sql.get(table)!.update(client, updates)
    }
  }

  /** The rows of a table that this batch made or changed. */
  touched(table: string): Record<string, unknown>[] {
    const rows = this.byTable[table]!
    return [...rows.inserts(), ...rows.updates()]
  }
}
