/** How the gateway misbehaves, and how often. */
export interface Faults {
  mode: 'none' | 'decline' | 'timeout-before' | 'timeout-after' | 'error' | 'slow'
  /** Share of the charges that meet the fault, 0 to 1. */
  share: number
  /** For `slow`, ms. */
  delayMs: number
}

export const MODES: readonly Faults['mode'][] = [
  'none',
  'decline',
  'timeout-before',
  'timeout-after',
  'error',
  'slow',
]

export const NO_FAULTS: Faults = { mode: 'none', share: 1, delayMs: 0 }

const MOST_DELAY_MS = 60_000

const fits = (value: unknown, most: number) => typeof value === 'number' && value >= 0 && value <= most

/** Reads a fault setting from a request body. @returns undefined when it is not one */
export function faultsFrom(body: unknown): Faults | undefined {
  const { mode, share = 1, delayMs = 1000 } = (body ?? {}) as Partial<Faults>
  if (mode === undefined || !MODES.includes(mode)) return undefined

  return fits(share, 1) && fits(delayMs, MOST_DELAY_MS) ? { mode, share, delayMs } : undefined
}
