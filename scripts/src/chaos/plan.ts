/** One thing that is done to the running system. */
export type Fault =
  | { kind: 'kill'; part: string }
  /** Stopped for so long, then let go on. */
  | { kind: 'pause'; part: string; ms: number }
  /** All connections from one part to another are broken off. */
  | { kind: 'cut'; part: string; to: string }
  /** Nothing goes through the connections from one part to another for so long. */
  | { kind: 'hold'; part: string; to: string; ms: number }
  /** The gateway's fault switch, for so long. */
  | { kind: 'gateway'; mode: string; ms: number }

/** A fault and its time: after so many orders were acknowledged. */
export type Planned = Fault & { after: number }

const GATEWAY_MODES = ['timeout-before', 'timeout-after', 'error', 'slow', 'decline']
const INFRASTRUCTURE = new Set(['connect', 'gateway', 'kafka', 'postgres'])

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

/** Which part is connected to which. */
function linksOf(parts: readonly string[]): { part: string; to: string }[] {
  const services = parts.filter((part) => !INFRASTRUCTURE.has(part))
  const all = services.flatMap((part) => ['postgres', 'kafka'].map((to) => ({ part, to })))
  const more = [
    { part: 'payment', to: 'gateway' },
    { part: 'connect', to: 'postgres' },
  ]
  return [...all, ...more].filter(({ part, to }) => parts.includes(part) && parts.includes(to))
}

/** What a run of chaos is made of. */
export interface PlanOptions {
  seed: number
  orders: number
  faults: number
}

/**
 * The faults of a run, spread over its orders: six of ten are kills, which go round over every part, so that none is
 * left out. The same seed and sizes give the same plan.
 * @param parts names of all processes of the system
 */
export function planOf({ seed, orders, faults }: PlanOptions, parts: readonly string[]): Planned[] {
  const random = randomOf(seed)
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)]!
  // A stopped Postgres server goes on working in its other processes: it is killed, not paused.
  const pausable = parts.filter((part) => part !== 'postgres')
  const links = linksOf(parts)
  // What holds a connection up sits in the service; Connect's are only cut, by Postgres.
  const holdable = links.filter(({ part }) => part !== 'connect')
  const round = parts.map((part) => ({ part, order: random() })).toSorted((a, b) => a.order - b.order)
  let kills = 0
  const next = (): Fault => {
    const kind = random()
    const ms = 500 + Math.floor(random() * 2500)
    if (kind < 0.6) return { kind: 'kill', part: round[kills++ % round.length]!.part }
    if (kind < 0.7) return { kind: 'pause', part: pick(pausable), ms }
    if (kind < 0.8) return { kind: 'cut', ...pick(links) }
    if (kind < 0.9) return { kind: 'hold', ...pick(holdable), ms }
    return { kind: 'gateway', mode: pick(GATEWAY_MODES), ms }
  }
  return Array.from({ length: faults }, (_, i) => ({
    after: Math.floor(((i + random()) * orders) / faults),
    ...next(),
  }))
}

/** One line about a fault. */
export function lineOf(fault: Fault): string {
  if (fault.kind === 'kill') return `kill -9 ${fault.part}`
  if (fault.kind === 'pause') return `stop ${fault.part} for ${fault.ms} ms`
  if (fault.kind === 'cut') return `cut ${fault.part} off from ${fault.to}`
  if (fault.kind === 'hold')
    return `hold up what goes between ${fault.part} and ${fault.to} for ${fault.ms} ms`
  return `gateway ${fault.mode} for ${fault.ms} ms`
}
