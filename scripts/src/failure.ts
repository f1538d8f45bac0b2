import { StackError, messageOf } from '@chorus/stack'

/** Prints what failed, why, and what mends it; the stack trace only when asked for. */
export function reportFailure(error: unknown, verbose: boolean): void {
  console.error(messageOf(error))
  if (error instanceof StackError) {
    console.error(`  ${error.why}`)
    console.error(`To mend it: ${error.mend}`)
  }
  if (verbose && error instanceof Error) console.error(error.stack, error.cause ?? '')
}
