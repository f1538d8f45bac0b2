const MINUTE_MS = 60_000
const SPANS = { '5 min': 5 * MINUTE_MS, '1 h': 60 * MINUTE_MS, '1 day': 1440 * MINUTE_MS } as const

/** The ages by which flows can be looked for. */
export const AGES: readonly string[] = ['less than', 'more than'].flatMap((than) =>
  Object.keys(SPANS).map((span) => `${than} ${span}`),
)

/** When flows of an age began; everything when it is none of `AGES`. */
export function begunIn(age: string | undefined, nowMs: number): { since?: Date; before?: Date } {
  const span = Object.entries(SPANS).find(([name]) => age?.endsWith(` than ${name}`))?.[1]
  if (span === undefined) return {}
  const at = new Date(nowMs - span)
  return age!.startsWith('less') ? { since: at } : { before: at }
}
