import type { Message } from './dead-letters.js'
import type { Recorded } from './event.js'
import type { Tables } from './rows.js'
import type { Command, CommandRule, Refusal } from './service.js'

/** An event of another service, as Kafka brought it. */
export interface EventInput {
  kind: 'event'
  event: Recorded
  message: Message
  /** It was set aside and is let go again: it is first of its key, so nothing parks it. */
  released?: boolean
}

/** A message that is no valid event. */
export interface InvalidInput {
  kind: 'invalid'
  message: Message
  reason: string
  detail: string
  released?: boolean
}

/** A request, a due row or the answer to an effect. */
export interface CommandInput {
  kind: 'command'
  rule: CommandRule<Tables>
  command: Command
  /** Of the body, for commands that came with an Idempotency-Key: the same key takes no other body. */
  hash: string | null
  traceparent: string
}

/** Whatever the executor works on. */
export type Input = EventInput | InvalidInput | CommandInput

/** What became of an input once its transaction was committed. */
export type Outcome =
  /** Carried out now or before; for a command with its answer. */
  | { kind: 'done'; view?: unknown }
  | { kind: 'refused'; refusal: Refusal }
  /** Parked, or put among the dead letters. */
  | { kind: 'aside' }
  /** Its cause is not visible yet: to be tried again. */
  | { kind: 'later' }
  /** A command that the rules could not handle. */
  | { kind: 'failed'; error: Error }

/**
 * Thrown by a rule when a row that must exist is not found: the log can be faster than the visibility of the
 * transaction behind it. The event is tried again, never refused and never taken for a late one.
 */
export class Premature extends Error {
  constructor(what: string) {
    super(`${what} is not visible yet`)
    this.name = 'Premature'
  }
}

/** Thrown when a rule breaks on one input: the batch is rolled back and run again without it. */
export class InputFailed extends Error {
  constructor(
    readonly input: Input,
    override readonly cause: Error,
  ) {
    super(cause.message)
  }
}
