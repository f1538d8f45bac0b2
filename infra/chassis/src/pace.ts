/** Over how long the rate of inputs is averaged, ms. */
const WINDOW_MS = 200
/** Below this rate a batch begins as soon as there is an input. */
const CALM_PER_SECOND = 150
/** A transaction's fixed cost is that of about so many inputs. */
const WORTH_A_BATCH = 12
const LONGEST_GAP_MS = 15

/**
 * When the next batch should begin. A batch costs a fetch, a transaction and an fsync whether it holds one input or
 * fifty; with batches of one or two the CPU is spent at a fifth of the rate that it could carry. So when inputs come
 * fast enough for a few milliseconds to gather several, batches begin that far apart, and a lone input never waits.
 */
export class Pace {
  private perSecond = 0
  private lastMs = 0

  /** Told of a batch that begins. @param nowMs of a clock that never goes back */
  begins(inputs: number, nowMs: number): void {
    const gap = Math.max(nowMs - this.lastMs, 1)
    this.perSecond += (1 - Math.exp(-gap / WINDOW_MS)) * ((inputs / gap) * 1000 - this.perSecond)
    this.lastMs = nowMs
  }

  /** How long to wait before the next batch, ms. @param waiting inputs that are there */
  restMs(waiting: number, nowMs: number): number {
    if (waiting >= WORTH_A_BATCH || this.perSecond <= CALM_PER_SECOND) return 0
    const full = Math.min(LONGEST_GAP_MS, (WORTH_A_BATCH / this.perSecond) * 1000)
    const gap = full * Math.min(1, this.perSecond / CALM_PER_SECOND - 1)
    return Math.max(0, this.lastMs + gap - nowMs)
  }
}
