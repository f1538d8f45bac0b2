/** A failure told to the person who runs the stack: what failed, why, and what mends it. */
export class StackError extends Error {
  /** Why it failed, possibly several lines (the end of a log, say). */
  readonly why: string
  /** The command or step that mends it. */
  readonly mend: string

  constructor(what: string, why: string, mend: string, options?: ErrorOptions) {
    super(what, options)
    this.name = 'StackError'
    this.why = why
    this.mend = mend
  }
}

/** The start was given up because somebody asked for it (Ctrl-C, SIGTERM). */
export class Interrupted extends Error {
  constructor() {
    super('interrupted')
    this.name = 'Interrupted'
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
