/** Steps in one transaction, at most. */
export const MOST = 2000
/**
 * Between two transactions: they grow instead of becoming more, and a flow is stored with several new steps at once, so
 * that watching stays cheap. While nobody looks they may be far apart.
 */
const PAUSE_MS = { looked: 60, unseen: 1000 }
/**
 * While nobody looks and the machine has no more spare time than this, the services need it: then a transaction is
 * followed by a rest of so many times its length. What is not heard meanwhile stays on the topics.
 */
const FULL = { spare: 0.15, restTimes: 20, mostRestMs: 3000 }

/** How long to rest after a transaction whoever looks, ms: half of the time belongs to the services. */
export const restMs = (workedMs: number): number => Math.max(PAUSE_MS.looked, workedMs)

/**
 * How long to rest beyond that while nobody looks, ms.
 * @param waiting steps that could be written now @param spare part of the machine's time that nobody used, 0 to 1
 */
export function unseenRestMs(workedMs: number, waiting: number, spare: number): number {
  if (spare < FULL.spare) return Math.min(FULL.restTimes * workedMs, FULL.mostRestMs)
  return waiting < MOST ? PAUSE_MS.unseen - PAUSE_MS.looked : 0
}
