/** One thing that is done to the running system. */
export type Fault =
  | { kind: 'kill'; part: string }
  /** Stopped for so long, then let go on. */
  | { kind: 'pause'; part: string; ms: number }
  /** The gateway's fault switch, for so long. */
  | { kind: 'gateway'; mode: string; ms: number }

const GATEWAY_MODES = ['timeout-before', 'timeout-after', 'error', 'slow', 'decline']

/** Mulberry32: the same numbers from 0 to 1 for the same seed, everywhere. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * The faults of a run: six of ten are kills, which go round over every part, so that none is left out.
 * @param parts names of all processes of the system
 */
export function planOf(seed: number, count: number, parts: readonly string[]): Fault[] {
  const random = randomOf(seed)
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)]!
  // A stopped Postgres server goes on working in its other processes: it is killed, not paused.
  const pausable = parts.filter((part) => part !== 'postgres')
  const round = parts.map((part) => ({ part, order: random() })).toSorted((a, b) => a.order - b.order)
  let kills = 0
  return Array.from({ length: count }, (): Fault => {
    const kind = random()
    const ms = 500 + Math.floor(random() * 2500)
    if (kind < 0.6) return { kind: 'kill', part: round[kills++ % round.length]!.part }
    return kind < 0.8
      ? { kind: 'pause', part: pick(pausable), ms }
      : { kind: 'gateway', mode: pick(GATEWAY_MODES), ms }
  })
}

/** One line about a fault. */
export function lineOf(fault: Fault): string {
  if (fault.kind === 'kill') return `kill -9 ${fault.part}`
  if (fault.kind === 'pause') return `stop ${fault.part} for ${fault.ms} ms`
  return `gateway ${fault.mode} for ${fault.ms} ms`
}
