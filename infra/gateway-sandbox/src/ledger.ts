import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs'
import { dirname } from 'node:path'

export type ChargeStatus = 'CAPTURED' | 'DECLINED' | 'REFUNDED' | 'VOIDED'

/** One change of one charge; the last one of a key is its state. */
export interface Entry {
  /** The merchant's idempotency key. */
  key: string
  /** The gateway's own id. */
  id: string
  status: ChargeStatus
  /** Minor units. */
  amount: number
  currency: string
  reason?: string
  at: string
}

/** The gateway's books: append-only lines in a file, written before any answer, so that a kill loses no money. */
export class Ledger {
  private readonly entries: Entry[] = []
  private readonly charges = new Map<string, Entry>()

  /** Opens the books; a last line that a kill cut short is dropped, because it was never answered. */
  constructor(private readonly file: string) {
    mkdirSync(dirname(file), { recursive: true })
    if (!existsSync(file)) return
    const text = readFileSync(file, 'utf8')
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    if (whole !== text) truncateSync(file, Buffer.byteLength(whole))
    for (const line of whole.split('\n').slice(0, -1)) this.remember(JSON.parse(line) as Entry)
  }

  find(key: string): Entry | undefined {
    return this.charges.get(key)
  }

  all(): readonly Entry[] {
    return this.entries
  }

  append(change: Omit<Entry, 'id' | 'at'>): Entry {
    const id = this.find(change.key)?.id ?? `ch_${this.charges.size + 1}`
    const entry = { ...change, id, at: new Date().toISOString() }
    appendFileSync(this.file, `${JSON.stringify(entry)}\n`)
    this.remember(entry)
    return entry
  }

  private remember(entry: Entry): void {
    this.entries.push(entry)
    this.charges.set(entry.key, entry)
  }
}
