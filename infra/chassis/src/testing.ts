import { contractOf, violationsOf, type Events, type EventType } from '@chorus/contracts'
import { looksOf, rulesByEvent } from './batch.js'
import type { Recorded } from './event.js'
import { newId } from './ids.js'
import { folderOf, type Folder } from './fold.js'
import type { Input } from './input.js'
import { readersOf, type Reader } from './needs.js'
import type { Tables } from './rows.js'
import { conditionsOf, needsOf, type CommandRule, type Refusal, type Service } from './service.js'
import { Work, type BatchContext } from './work.js'
import { WorkingSet } from './working-set.js'

export { openEngine, type Engine } from './engine.js'
export { migrate } from './migrations.js'
export { keepPartitions, sizesOf, type Retention } from './upkeep.js'

type AnyRow = Record<string, unknown>

/** When a spec takes place, unless it says otherwise. */
export const NOW = new Date('2026-03-01T12:00:00.000Z')

/** An event as the log would bring it. */
export function heard<T extends EventType>(type: T, data: Events[T], time = NOW): Recorded {
  const { key, subject, producer } = contractOf(type)
  const fields = data as unknown as Record<string, string>
  return {
    id: newId(),
    type,
    data,
    source: producer,
    key: fields[key],
    subject: fields[subject],
    time,
    correlationId: fields[key],
    causationId: newId(),
    traceparent: '',
  } as unknown as Recorded
}

/** What a command came to. */
export type Answer = { view: unknown; events: Recorded[] } | Refusal

/** What happened, without what it says. */
export const names = (events: readonly Recorded[]) => events.map(({ type }) => type)

/** The same events in another order that keeps the order within each key. */
export function mixed(events: readonly Recorded[], picks: readonly number[]): Recorded[] {
  const queues = [...new Set(events.map(({ key }) => key))].map((k) => events.filter(({ key }) => key === k))
  return events.map((_, i) => {
    const waiting = queues.filter((queue) => queue.length > 0)
    return waiting[(picks[i] ?? 0) % waiting.length]!.shift()!
  })
}

const rethrow = (error: Error) => {
  throw error
}

/**
 * A service's rules at work on rows in memory, with the same code that decides and evolves in a transaction: for
 * specs of rules, and for trying every order of events. There is no inbox: an event that is heard twice is decided
 * twice, so that the state machines are tried without their first guard.
 */
export class Rehearsal {
  private readonly context: BatchContext
  private readonly stores: Record<string, Map<string, AnyRow>>
  private readonly readers: Map<EventType, Reader>
  private readonly folder: Folder

  constructor(private readonly service: Service) {
    this.context = { service, sql: new Map(), ruleFor: rulesByEvent(service) }
    this.readers = readersOf(needsOf(service), conditionsOf(service))
    this.folder = folderOf(service)
    this.stores = Object.fromEntries(Object.keys(service.tables).map((table) => [table, new Map()]))
  }

  /** Lets the service hear an event of another one. @returns what it emits @throws what the rule throws */
  async hear(event: Recorded, at: Date = event.time): Promise<Recorded[]> {
    const fault = violationsOf(event.type, event.data, 'strict')
    if (fault) throw new Error(fault)
    const place = { topic: '', partition: 0, offset: '0', key: event.key, headers: {}, value: null }
    const read = this.readers.get(event.type)?.(event.data, contractOf(event.type).dataschema)
    if (!read) return []
    if ('violations' in read) throw new Error(read.violations)
    const heard = { ...event, data: read.data } as Recorded
    const { work, outcome } = await this.work({ kind: 'event', event: heard, message: place }, event.id, at)
    if (outcome.kind === 'later') throw new Error(`premature: ${event.type}`)
    return work.events
  }

  /** True when the service reacts to this event. */
  hears = (event: Recorded): boolean => this.context.ruleFor.has(event.type)

  /** Carries out a command. @throws what the rule throws */
  async command<T extends Tables, Body>(
    rule: CommandRule<T, Body>,
    body: Body,
    { id = newId(), userId = 'user', admin = false, at = new Date() } = {},
  ): Promise<Answer> {
    const input: Input = {
      kind: 'command',
      rule: rule as unknown as CommandRule<Tables>,
      command: { id, userId, admin, body },
      hash: null,
      traceparent: '',
    }
    const { work, outcome } = await this.work(input, id, at)
    if (outcome.kind === 'refused') return outcome.refusal
    return { view: outcome.kind === 'done' ? outcome.view : undefined, events: work.events }
  }

  /** Folds the service's own events into its rows, deciding nothing: what recovery does. */
  fold(events: readonly Recorded[]): void {
    for (const event of events) {
      const set = new WorkingSet(this.service.tables)
      for (const [table, rows] of Object.entries(set.byTable)) rows.loadAll([...this.stores[table]!.values()])
      this.folder(set, event)
      this.keep(set)
    }
  }

  /** All rows, by table and sorted by id. */
  rows(): Record<string, AnyRow[]> {
    return Object.fromEntries(
      Object.entries(this.stores).map(([table, rows]) => [
        table,
        [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row),
      ]),
    )
  }

  private async work(input: Input, id: string, at: Date) {
    const set = new WorkingSet(this.service.tables)
    const claimed = { at, fresh: new Set([id]), parked: new Set<string>(), dropped: new Set<never>() }
    await set.load(looksOf(this.context, input, set, rethrow), (table, ids) =>
      Promise.resolve(
        ids.flatMap((rowId): AnyRow[] => {
          const row = this.stores[table]!.get(rowId)
          return row ? [row] : []
        }),
      ),
    )
    const work = new Work(this.context, set, claimed, new Map(), new Map())
    const outcome = work.handle(input)
    this.keep(set)
    return { work, outcome }
  }

  private keep(set: WorkingSet): void {
    for (const { table, inserts, updates } of set.changes()) {
      const { id } = this.service.tables[table]!
      for (const row of [...inserts, ...updates]) this.stores[table]!.set(String(row[id]), row)
    }
  }
}
