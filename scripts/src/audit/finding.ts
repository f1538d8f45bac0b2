/** What one check of the auditor found. */
export interface Finding {
  /** Number of the invariant: see docs/reliability.md. */
  invariant: number
  /** What is true of a system that holds. */
  what: string
  /** How many things were looked at. */
  looked: number
  broken: number
  /** Ids of what is broken, at most `MOST_IDS` of them. */
  ids: string[]
}

/** So many ids say where to look; the count says how many there are. */
export const MOST_IDS = 20

/** What a check counted. */
export type Look = Pick<Finding, 'looked' | 'broken' | 'ids'>

/** Sums up looks at several places. */
export const together = (looks: readonly Look[]): Look => ({
  looked: looks.reduce((sum, { looked }) => sum + looked, 0),
  broken: looks.reduce((sum, { broken }) => sum + broken, 0),
  ids: looks.flatMap(({ ids }) => ids).slice(0, MOST_IDS),
})
