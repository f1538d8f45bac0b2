import { setTimeout as pause } from 'node:timers/promises'

/** Work that comes round again and again, never twice at a time. */
export interface Rounds {
  /** Begins the next round at once, or as soon as the one at hand is over. */
  wake(): void
  /** Begins no round any more, and waits for the one at hand. */
  stop(): Promise<void>
}

/**
 * Goes round, from now on.
 * @param round does the work and never fails; resolves to how long to rest afterwards, ms
 */
export function startRounds(round: () => Promise<number>): Rounds {
  const ending = new AbortController()
  let resting = new AbortController()
  let woken = false
  const goRound = async () => {
    while (!ending.signal.aborted) {
      woken = false
      const restMs = await round()
      if (woken) continue
      resting = new AbortController()
      await pause(restMs, undefined, { signal: resting.signal }).catch(() => {})
    }
  }
  const wake = () => {
    woken = true
    resting.abort()
  }
  const going = goRound()
  return {
    wake,
    stop: async () => {
      ending.abort()
      wake()
      await going
    },
  }
}
