import { setTimeout as pause } from 'node:timers/promises'
import type { Log } from './log.js'

/** Whoever asks gets the other measurements in any case: they are wanted most when a part is away. */
const PATIENCE_MS = 500

/**
 * Takes a measurement whenever somebody asks for the metrics, once at a time.
 * @param what is measured, for the log
 * @param note told what was measured, or undefined when it is not known: then nothing old is to be shown
 * @returns for `collect` of the gauges that show it; several may share it
 */
export function whenAsked<Value>(
  what: string,
  measure: () => Promise<Value>,
  note: (value: Value | undefined) => void,
  log: Log,
): () => Promise<void> {
  let asking: Promise<void> | undefined
  const ask = () =>
    measure()
      .then(note, (err: unknown) => {
        note(undefined)
        log.warn({ err }, `${what} could not be measured`)
      })
      .finally(() => {
        asking = undefined
      })
  return async () => {
    asking ??= ask()
    const late = Symbol('late')
    const first = await Promise.race([asking, pause(PATIENCE_MS, late, { ref: false })])
    if (first === late) note(undefined)
  }
}
