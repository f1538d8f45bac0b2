import type { EventType } from '@chorus/contracts'
import type { ClientBase } from 'pg'
import { removeLetters, setAside } from './dead-letters.js'
import type { Outgoing } from './event.js'
import { claim, hashesOf, unclaim } from './inbox.js'
import { InputFailed, type Input, type Outcome } from './input.js'
import { append } from './outbox.js'
import type { Service } from './service.js'
import { Work, type BatchContext, type Failure } from './work.js'
import { WorkingSet, type Looks } from './working-set.js'

/** What a committed batch did. */
export interface BatchResult {
  /** One an input, in the same order. */
  outcomes: Outcome[]
  /** Rows made or changed, for the effects that wait for them. */
  changed(table: string): Record<string, unknown>[]
  events: readonly Outgoing[]
}

/** Looks up the rule of each event type that a service hears. */
export const rulesByEvent = (service: Service): BatchContext['ruleFor'] =>
  new Map(
    [...service.reactions, ...(service.projections ?? [])].flatMap((rule) =>
      (Object.keys(rule.needs) as EventType[]).map((type) => [type, rule]),
    ),
  )

/** What an input is known by; undefined for what is no event. */
export const inboxId = (input: Input) =>
  input.kind === 'event' ? input.event.id : input.kind === 'command' ? input.command.id : undefined

/**
 * The rows that an input asks for; none for one that is no event.
 * @param fail told when the rule cannot name them
 */
export function looksOf(
  { ruleFor }: BatchContext,
  input: Input,
  set: WorkingSet,
  fail: (broken: InputFailed) => void,
): Looks[] {
  if (input.kind === 'invalid') return []
  const failed = (error: Error) => fail(new InputFailed(input, error))
  try {
    const [rule, subject] =
      input.kind === 'event'
        ? [ruleFor.get(input.event.type)!, input.event as never]
        : [input.rule, input.command as never]
    const touches = rule.touches(subject, set.rows)
    return [{ touches, reads: rule.reads?.(subject, set.rows) ?? {}, fail: failed }]
  } catch (error) {
    failed(error as Error)
    return []
  }
}

const keysOf = (inputs: readonly Input[]) => [
  ...new Set(
    inputs.flatMap((input) => (input.kind === 'event' && input.message.key ? [input.message.key] : [])),
  ),
]

const noEventsOf = (inputs: readonly Input[]) =>
  inputs.flatMap((input) => (input.kind === 'invalid' ? [input.message] : []))

/**
 * Writes rows, events and what was set aside, and commits: at most two statements a table and one each for the rest,
 * all in one round trip.
 */
async function saveAndCommit({ sql }: BatchContext, client: ClientBase, set: WorkingSet, work: Work) {
  const statements: Promise<unknown>[] = []
  for (const { table, inserts, updates, columns } of set.changes()) {
    if (inserts.length > 0) statements.push(sql.get(table)!.insert(client, inserts))
    if (updates.length > 0) statements.push(sql.get(table)!.update(client, updates, columns))
  }
  if (work.events.length > 0) statements.push(append(client, work.events))
  if (work.unclaimed.size > 0) statements.push(unclaim(client, [...work.unclaimed]))
  if (work.aside.length > 0) statements.push(setAside(client, work.aside))
  if (work.released.length > 0) statements.push(removeLetters(client, work.released))
  // After a statement that failed, COMMIT rolls back: whoever waits for all of them gets that statement's error.
  await Promise.all([...statements, client.query('COMMIT')])
}

/**
 * Begins the transaction: enters the inputs into the inbox and loads their rows, in one round trip where no row is
 * looked for because of another. What turns out to be a repetition has asked for rows in vain.
 * @throws InputFailed when a rule cannot name its rows
 */
async function begin(
  context: BatchContext,
  client: ClientBase,
  inputs: readonly Input[],
  handled: readonly Input[],
) {
  const entries = handled.flatMap((input) => {
    const id = inboxId(input)
    return id === undefined ? [] : [{ id, hash: input.kind === 'command' ? input.hash : null }]
  })
  const set = new WorkingSet(context.service.tables)
  const broken: InputFailed[] = []
  const looks = handled.flatMap((input) => looksOf(context, input, set, (failed) => broken.push(failed)))
  const [, claimed] = await Promise.all([
    client.query('BEGIN'),
    claim(client, entries, keysOf(inputs), noEventsOf(inputs)),
    set.load(looks, (table, ids, lock) => context.sql.get(table)!.load(client, ids, lock)),
  ])
  const failed = broken.find(({ input }) => input.kind !== 'event' || claimed.fresh.has(input.event.id))
  if (failed) throw failed
  return { set, claimed }
}

/**
 * Runs inputs in one transaction: inbox, rows loaded and locked, decide and evolve, rows and outbox saved, commit.
 * @param failures inputs known to break: they are set aside, or failed, instead of being handled
 * @throws InputFailed when a rule breaks; any database error. Either way nothing was written, unless the commit
 * itself got no answer: then the inbox tells on the next try.
 */
export async function runBatch(
  context: BatchContext,
  client: ClientBase,
  inputs: readonly Input[],
  failures: ReadonlyMap<Input, Failure>,
): Promise<BatchResult> {
  const spans = context.tracing?.batch(inputs)
  const handled = inputs.filter((input) => !failures.has(input))
  const { set, claimed } = await begin(context, client, inputs, handled)
  const repeated = inputs.flatMap((input) =>
    input.kind === 'command' && !claimed.fresh.has(input.command.id) ? [input.command.id] : [],
  )
  const hashes = repeated.length > 0 ? await hashesOf(client, repeated) : new Map<string, string | null>()
  const work = new Work(context, set, claimed, hashes, failures, spans)
  const outcomes = inputs.map((input) => work.handle(input))
  await saveAndCommit(context, client, set, work)
  spans?.end(outcomes, work.events)
  return { outcomes, events: work.events, changed: (table) => set.touched(table) }
}
