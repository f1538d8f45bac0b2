/** A table whose rows the rules may read and change, by its name and primary key column. */
export interface Table<Row extends object = object> {
  readonly name: string
  readonly id: string
  /** The aggregate (see the contracts) whose events this table's `version` column counts. */
  readonly aggregate?: string
  /** Only for the type checker. */
  readonly row?: Row
}

/** Tables by the name that the rules use, in the order in which they are locked. */
export type Tables = Record<string, Table>

/** Declares a table. `id` is its primary key column; with `aggregate` it must have an integer `version`. */
export const table = <Row extends object>(
  name: string,
  id: keyof Row & string,
  aggregate?: string,
): Table<Row> => ({ name, id, ...(aggregate && { aggregate }) })

/** The rows of one table as a rule sees them. */
export interface ReadRows<Row extends object> {
  /** @throws Error when the rule did not declare in `touches` or `reads` that it looks at this row. */
  get(id: string): Readonly<Row> | undefined
}

/** The rows as `evolve` changes them. */
export interface WriteRows<Row extends object> extends ReadRows<Row> {
  insert(row: Omit<Row, 'version'>): void
  /** @throws Error when there is no such row. */
  patch(id: string, change: Partial<Omit<Row, 'version'>>): void
}

export type RowOf<T> = T extends Table<infer Row> ? Row : never
export type ReadSet<T extends Tables> = { readonly [K in keyof T]: ReadRows<RowOf<T[K]>> }
export type WriteSet<T extends Tables> = { readonly [K in keyof T]: WriteRows<RowOf<T[K]>> }
/** Row ids; undefined ones are left out, which spares the rules an `if`. */
export type Ids = readonly (string | undefined)[]
/** Row ids by table. A function is asked once the tables before its own are loaded, and may look at their rows. */
export type Touches<T extends Tables> = { readonly [K in keyof T]?: Ids | (() => Ids) }

type AnyRow = Record<string, unknown>

/** The rows of one table that one batch works on, in memory: what was loaded, made and changed. */
export class WorkingRows implements WriteRows<AnyRow> {
  private readonly rows = new Map<string, AnyRow>()
  private readonly known = new Set<string>()
  private readonly made = new Set<string>()
  private readonly changed = new Set<string>()
  private readonly columns = new Set<string>()
  private everything = false

  constructor(private readonly table: Table) {}

  /** Takes in the whole table: then every id without a row is known not to exist. */
  loadAll(rows: readonly AnyRow[]): void {
    this.everything = true
    this.load([], rows)
  }

  /** Takes in what the database holds of `ids`; an id without a row is known not to exist. */
  load(ids: Iterable<string>, rows: readonly AnyRow[]): void {
    for (const id of ids) this.known.add(id)
    for (const row of rows) this.rows.set(String(row[this.table.id]), row)
  }

  get(id: string): AnyRow | undefined {
    if (!this.everything && !this.known.has(id)) {
      throw new Error(`the rule looks at ${this.table.name} ${id} but its touches and reads do not name it`)
    }
    return this.rows.get(id)
  }

  insert(row: AnyRow): void {
    const id = String(row[this.table.id])
    if (this.get(id)) throw new Error(`${this.table.name} ${id} exists already`)
    // Spread last: see event.ts.
    this.rows.set(id, this.table.aggregate ? { version: 0, ...row } : { ...row })
    this.made.add(id)
  }

  patch(id: string, change: AnyRow): void {
    const row = this.get(id)
    if (!row) throw new Error(`${this.table.name} ${id} does not exist`)
    this.rows.set(id, { ...row, ...change })
    if (this.made.has(id)) return
    this.changed.add(id)
    for (const column of Object.keys(change)) this.columns.add(column)
  }

  /** Counts one more event of the aggregate. @returns its version, from 1 */
  bump(id: string): number {
    const version = Number(this.get(id)?.version ?? 0) + 1
    this.patch(id, { version })
    return version
  }

  /** Rows to insert, in the order they were made. */
  inserts(): AnyRow[] {
    return [...this.made].map((id) => this.rows.get(id)!)
  }

  /** Columns in which any of the rows to update differs from what was loaded. */
  changedColumns(): string[] {
    return [...this.columns]
  }

  /** Rows to update. */
  updates(): AnyRow[] {
    return [...this.changed].map((id) => this.rows.get(id)!)
  }
}
