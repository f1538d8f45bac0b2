import { setTimeout as pause } from 'node:timers/promises'
import type { Addresses } from './audit.js'
import { openScope } from './audit.js'
import { ended } from './orders.js'
import { captured, consumed, nothingAside, published } from './rest.js'
import { findingOf, type Check, type Scope } from './scope.js'

const AGAIN_MS = 250

async function whyNotAtRest(scope: Scope, checks: readonly Check[]): Promise<string | undefined> {
  for (const check of checks) {
    const { broken, what } = await findingOf(check, scope)
    if (broken > 0) return `${broken} against "${what}"`
  }
  return undefined
}

/**
 * Waits until nothing moves any more: every order and payment has come to its end, every outbox is read to its end,
 * every message is consumed.
 * @param tidy looks after what is set aside: then nothing may be left of that either
 * @throws Error that says what still moves when the patience is over
 */
export async function untilAtRest(
  addresses: Addresses,
  patienceMs: number,
  tidy?: () => Promise<unknown>,
): Promise<void> {
  const checks = [...ended, captured, published, consumed, ...(tidy ? [nothingAside] : [])]
  const { scope, close } = openScope(addresses, {})
  const end = Date.now() + patienceMs
  try {
    for (;;) {
      await tidy?.()
      const why = await whyNotAtRest(scope, checks).catch((error: Error) => error.message)
      if (why === undefined) return
      if (Date.now() > end) throw new Error(`not at rest after ${patienceMs / 1000} s: ${why}`)
      await pause(AGAIN_MS)
    }
  } finally {
    await close()
  }
}
