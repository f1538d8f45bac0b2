import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { Interrupted, StackError, messageOf } from './errors.js'
import type { Part } from './supervisor.js'

/** How long to wait for a part, and who may call it off. */
export interface Patience {
  readonly limitMs: number
  readonly abort: AbortSignal
  /** The command that shows more when it fails. */
  readonly mend: string
  /** How often the part may end and be restarted meanwhile; never when not said. */
  readonly tolerated?: number
}

/**
 * Waits until `probe` no longer throws and returns something other than false.
 * @throws StackError with the end of the part's log when the part ends or the time is over; Interrupted when called off.
 */
export async function untilReady(
  part: Part,
  probe: () => Promise<unknown>,
  patience: Patience,
): Promise<void> {
  const deadline = Date.now() + patience.limitMs
  let last = 'it gave no answer'
  for (;;) {
    if (patience.abort.aborted) throw new Interrupted()
    const ended = part.ends[patience.tolerated ?? 0]
    if (ended !== undefined)
      throw failure(part, `${part.name} ended while starting (${ended})`, patience.mend)
    try {
      if ((await probe()) !== false) return
      last = 'it says that it is not ready'
    } catch (error) {
      last = messageOf(error)
    }
    if (Date.now() > deadline)
      throw failure(
        part,
        `${part.name} was not ready after ${patience.limitMs / 1000} s: ${last}`,
        patience.mend,
      )
    await wait(40)
  }
}

/** True when a GET on the address answers 200. */
export async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) })
  await response.arrayBuffer()
  return response.status === 200
}

/** The last lines of a file, without reading all of it; empty when there is none. */
export function tailOf(file: string, lines: number): string[] {
  try {
    const fd = openSync(file, 'r')
    try {
      const size = fstatSync(fd).size
      const buffer = Buffer.alloc(Math.min(size, Math.max(64 * 1024, lines * 300)))
      readSync(fd, buffer, 0, buffer.length, size - buffer.length)
      return buffer.toString('utf8').trimEnd().split('\n').slice(-lines)
    } finally {
      closeSync(fd)
    }
  } catch {
    return []
  }
}

function failure(part: Part, what: string, mend: string): StackError {
  return new StackError(what, [`The end of ${part.logFile}:`, ...tailOf(part.logFile, 12)].join('\n  '), mend)
}
