import { contractOf, violationsOf, type EventType } from '@chorus/contracts'
import type { Message, SetAside } from './dead-letters.js'
import { record, type Cause, type NewEvent, type Outgoing } from './event.js'
import type { Claim } from './inbox.js'
import {
  InputFailed,
  Premature,
  type CommandInput,
  type EventInput,
  type Input,
  type InvalidInput,
  type Outcome,
} from './input.js'
import { refuse, type Projection, type Reaction, type Service } from './service.js'
import type { Tables } from './rows.js'
import type { TableSql } from './tables.js'
import type { BatchSpans, Tracing } from './tracing/tracing.js'
import type { WorkingSet } from './working-set.js'

/** What a batch needs to know of its service. */
export interface BatchContext {
  service: Service
  sql: ReadonlyMap<string, TableSql>
  ruleFor: ReadonlyMap<EventType, Reaction<Tables, never> | Projection<Tables, never>>
  tracing?: Tracing | undefined
}

/** Why an input cannot be handled; known before the batch is run (again). */
export interface Failure {
  reason: string
  error: Error
}

/** One transaction's work: decides each input in order on rows in memory, so input 7 sees what input 3 did. */
export class Work {
  readonly events: Outgoing[] = []
  readonly aside: SetAside[] = []
  /** Messages that were set aside and are done now. */
  readonly released: Message[] = []
  readonly unclaimed = new Set<string>()
  private readonly delayedKeys = new Set<string>()
  private readonly inThisBatch = new Map<string, string | null>()

  constructor(
    private readonly context: BatchContext,
    private readonly set: WorkingSet,
    private readonly claimed: Claim,
    private readonly hashes: ReadonlyMap<string, string | null>,
    private readonly failures: ReadonlyMap<Input, Failure>,
    private readonly spans?: BatchSpans,
  ) {}

  handle(input: Input): Outcome {
    const failure = this.failures.get(input)
    if (input.kind === 'command') {
      return failure ? { kind: 'failed', error: failure.error } : this.carryOut(input)
    }
    if (failure) return this.putAside(input, failure.reason, failure.error.message)
    const outcome = input.kind === 'invalid' ? this.reject(input) : this.react(input)
    if (input.released && outcome.kind === 'done') this.released.push(input.message)
    return outcome
  }

  private reject(input: InvalidInput): Outcome {
    if (this.claimed.dropped.has(input.message)) return { kind: 'done' }
    return this.putAside(input, input.reason, input.detail)
  }

  private react(input: EventInput): Outcome {
    const { event, message } = input
    if (!this.claimed.fresh.delete(event.id)) return { kind: 'done' }
    const parked = !input.released && message.key !== null && this.claimed.parked.has(message.key)
    if (parked) {
      this.unclaimed.add(event.id)
      return this.putAside(input, 'KEY_PARKED', 'an earlier message of this key is a dead letter', 'WAITING')
    }
    const rule = this.context.ruleFor.get(event.type)!
    if (this.delayedKeys.has(event.key)) return this.delay(input)
    try {
      if ('project' in rule) rule.project(this.set.rows, event as never)
      else this.apply(rule.decide(event as never, this.set.rows, this.claimed.at), event)
      return { kind: 'done' }
    } catch (error) {
      if (error instanceof Premature) return this.delay(input)
      throw new InputFailed(input, error as Error)
    }
  }

  private carryOut(input: CommandInput): Outcome {
    const { rule, command, hash } = input
    if (!this.claimed.fresh.delete(command.id)) return this.repeat(input)
    try {
      const decision = rule.decide(command, this.set.rows, this.claimed.at)
      if ('refused' in decision) {
        this.unclaimed.add(command.id)
        this.claimed.fresh.add(command.id)
        return { kind: 'refused', refusal: decision }
      }
      this.inThisBatch.set(command.id, hash)
      this.unclaimed.delete(command.id)
      this.apply(decision, { id: command.id, traceparent: input.traceparent })
      return { kind: 'done', view: rule.answer(command, this.set.rows) }
    } catch (error) {
      throw new InputFailed(input, error as Error)
    }
  }

  private repeat({ rule, command, hash }: CommandInput): Outcome {
    const before = this.inThisBatch.get(command.id) ?? this.hashes.get(command.id) ?? null
    // What was recovered from topics knows that a command was carried out, but not with what body.
    if (before !== null && before !== hash) {
      return {
        kind: 'refused',
        refusal: refuse('IDEMPOTENCY_KEY_REUSED', 'The body differs from the first one.'),
      }
    }
    return { kind: 'done', view: rule.answer(command, this.set.rows) }
  }

  private apply(facts: readonly NewEvent[], cause: Cause): void {
    for (const [index, fact] of facts.entries()) {
      const { name, evolve } = this.context.service
      const recorded = record(fact, this.spans?.emits(cause) ?? cause, name, index, this.claimed.at)
      const violations = violationsOf(fact.type, fact.data, 'strict')
      if (violations) throw new Error(`${name} would break the contract: ${violations}`)
      const apply = evolve[fact.type] as ((rows: unknown, event: unknown) => void) | undefined
      if (!apply) throw new Error(`${name} does not evolve ${fact.type}`)
      apply(this.set.rows, recorded)
      const { aggregate, dataschema } = contractOf(fact.type)
      const aggregateVersion = this.set.ofAggregate(aggregate).bump(recorded.subject)
      this.events.push(Object.assign(recorded, { aggregateVersion, dataschema }))
    }
  }

  private delay({ event }: EventInput): Outcome {
    this.delayedKeys.add(event.key)
    this.unclaimed.add(event.id)
    return { kind: 'later' }
  }

  private putAside(
    { message }: Exclude<Input, CommandInput>,
    reason: string,
    detail: string,
    state: SetAside['state'] = 'DEAD',
  ): Outcome {
    if (message.key !== null) this.claimed.parked.add(message.key)
    this.aside.push({ message, state, reason, detail: detail.slice(0, 1000) })
    return { kind: 'aside' }
  }
}
