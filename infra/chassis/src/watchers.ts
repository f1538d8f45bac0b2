import type { BatchResult } from './batch.js'
import type { Tables } from './rows.js'

/** Tells who waits for a row that a transaction of this process changed it. While nobody waits, it costs nothing. */
export class Watchers {
  /** By table and id. */
  private readonly waiting = new Map<string, Map<string, Set<() => void>>>()

  constructor(private readonly tables: Tables) {}

  /** @param table by the name that the rules use @returns a function that ends it */
  watch(table: string, id: string, onChange: () => void): () => void {
    const rows = this.waiting.get(table) ?? new Map<string, Set<() => void>>()
    const listeners = rows.get(id) ?? new Set()
    this.waiting.set(table, rows.set(id, listeners.add(onChange)))
    return () => {
      listeners.delete(onChange)
      if (listeners.size === 0) rows.delete(id)
      if (rows.size === 0) this.waiting.delete(table)
    }
  }

  /** To be called after a commit. */
  committed(changed: BatchResult['changed']): void {
    for (const [table, rows] of this.waiting) {
      const { id } = this.tables[table]!
      for (const row of changed(table)) for (const tell of rows.get(String(row[id])) ?? []) tell()
    }
  }
}
