/** What is paced, and how much. */
export interface PaceOptions {
  /** Below this rate of inputs work begins as soon as there is an input. */
  calmPerSecond: number
  /** The fixed cost of beginning is that of about so many inputs. */
  worth: number
  longestGapMs: number
}

/** Over how long the rate of inputs is averaged, ms. */
const WINDOW_MS = 200

/**
 * When the next batch, or fetch, should begin. It costs a round trip, or a transaction and an fsync, whether it brings
 * one input or fifty; with one or two at a time the CPU is spent at a fifth of the rate that it could carry. So when
 * inputs come fast enough for a few milliseconds to gather several, beginnings are that far apart, and a lone input
 * never waits.
 */
export class Pace {
  private perSecond = 0
  private lastMs = 0

  constructor(private readonly options: PaceOptions) {}

  /** Told of a beginning. @param nowMs of a clock that never goes back */
  begins(inputs: number, nowMs: number): void {
    const gap = Math.max(nowMs - this.lastMs, 1)
    this.perSecond += (1 - Math.exp(-gap / WINDOW_MS)) * ((inputs / gap) * 1000 - this.perSecond)
    this.lastMs = nowMs
  }

  /** How long to wait before the next beginning, ms. @param waiting inputs that are there */
  restMs(waiting: number, nowMs: number): number {
    const { calmPerSecond, worth, longestGapMs } = this.options
    if (waiting >= worth || this.perSecond <= calmPerSecond) return 0
    const full = Math.min(longestGapMs, (worth / this.perSecond) * 1000)
    const gap = full * Math.min(1, this.perSecond / calmPerSecond - 1)
    return Math.max(0, this.lastMs + gap - nowMs)
  }
}
