/** Of a sample, in its own unit. */
export interface Quantiles {
  p50: number
  p95: number
  p99: number
  max: number
}

const at = (sorted: readonly number[], q: number) => sorted[Math.ceil(q * sorted.length) - 1] ?? NaN

/** The quantiles of a sample; NaN of an empty one. */
export function quantilesOf(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b)
  return { p50: at(sorted, 0.5), p95: at(sorted, 0.95), p99: at(sorted, 0.99), max: sorted.at(-1) ?? NaN }
}

/** The shares, in percent, at which a distribution is drawn. */
export const SHARES: readonly number[] = [
  1,
  5,
  ...Array.from({ length: 17 }, (_, i) => 10 + i * 5),
  95,
  98,
  99,
  99.9,
]

/** The values that the shares of `SHARES` do not pass. */
export function distributionOf(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b)
  return SHARES.map((share) => at(sorted, share / 100))
}

/** The middle value. */
export const median = (values: readonly number[]): number => quantilesOf(values).p50
