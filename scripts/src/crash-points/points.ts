import { hash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { readRun, type RunFile } from '@chorus/stack'
import { evaluateIn } from '../chaos/debugger.js'
import { untilBack } from '../start-anew.js'
import { until } from '../until.js'

/** One place in one service where something becomes durable, or leaves it. */
export interface Point {
  service: string
  /** What the probe calls it. */
  point: string
  /** The n-th time, from 1, that the flow comes there. */
  nth: number
}

const PROBE = fileURLToPath(new URL('./probe.js', import.meta.url))

const probe = (run: RunFile, service: string, call: string) => {
  const file = JSON.stringify(PROBE)
  const load = `process.getBuiltinModule('node:module').createRequire(${file})(${file})`
  return evaluateIn(run, service, `${load}.${call}`)
}

/** Has services note from now on what they come by. */
export async function watch({ home }: RunFile, services: readonly string[]): Promise<void> {
  for (const service of services) await probe(readRun(home)!, service, 'watch(), undefined')
}

/** Offsets are sent now and then: how often in one flow is chance. A canary is heard on no way but its own. */
const isChance = ({ point, nth }: Point) =>
  point.endsWith(' canary') || (nth > 1 && point.includes(' offsets of '))

/** Counts how often something came by each place. @param crossed names of places, in their order */
export function pointsOf(service: string, crossed: readonly string[]): Point[] {
  const times = new Map<string, number>()
  const points = crossed.map((point) => {
    const nth = (times.get(point) ?? 0) + 1
    times.set(point, nth)
    return { service, point, nth }
  })
  return points.filter((point) => !isChance(point))
}

/** What services came by since they were asked last. */
export async function crossings({ home }: RunFile, services: readonly string[]): Promise<Point[]> {
  const points: Point[] = []
  for (const service of services)
    points.push(...pointsOf(service, (await probe(readRun(home)!, service, 'crossings()')) as string[]))
  return points
}

/** A service that will end at a point. */
export interface Armed extends Point {
  /** Waits for a while until it has ended there, and is back; then it is let go on. @returns whether it did */
  ended(): Promise<boolean>
}

const REACHED_MS = 5000

/** Has a service end at a point. */
export async function arm({ home }: RunFile, point: Point): Promise<Armed> {
  const { service, nth } = point
  const run = readRun(home)!
  await probe(run, service, `arm(${JSON.stringify(point.point)}, ${nth})`)
  const { pid } = run.parts[service]!
  const anew = () => readRun(home)?.parts[service]?.pid !== pid
  const ended = async () => {
    await until(nameOf(point), anew, REACHED_MS).catch(() => probe(run, service, 'disarm()'))
    if (!anew()) return false
    await untilBack(run, service, pid)
    return true
  }
  return { ...point, ended }
}

/** A point as people read it. */
export const nameOf = ({ service, point, nth }: Point) => `${service} ${point}${nth > 1 ? ` (${nth})` : ''}`

/** So many of the points: the same seed takes the same of them, whatever else is among them. */
export function someOf(points: readonly Point[], seed: number, most: number): Point[] {
  const rank = (point: Point) => hash('sha256', `${seed} ${nameOf(point)}`)
  const ranks = new Map(points.map((point) => [point, rank(point)]))
  const ranked = points.toSorted((a, b) => (ranks.get(a)! < ranks.get(b)! ? -1 : 1))
  const chosen = new Set(ranked.slice(0, most))
  return points.filter((point) => chosen.has(point))
}
