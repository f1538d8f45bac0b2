import { readFileSync, readdirSync } from 'node:fs'
import { residentBytes, type RunFile } from '@chorus/stack'

/** CPU seconds that each part has used so far. The load generator, this process, stands apart as `load`. */
export type CpuSeconds = Readonly<Record<string, number>>

/** Linux counts in hundredths of a second, whatever the kernel's own clock (sysconf(_SC_CLK_TCK)). */
const TICKS_A_SECOND = 100
const PARENT = 1
const OWN = [11, 12]
/** Of children that have ended. */
const REAPED = [13, 14]

/** What runs and what it has used: a process or a thread. */
interface Stat {
  name: string
  /** The fields from the state on. */
  fields: string[]
}

/** Reads /proc/<pid>/stat, or of a thread; its name may hold anything. */
function statOf(path: string): Stat | undefined {
  try {
    const stat = readFileSync(`/proc/${path}/stat`, 'utf8')
    const end = stat.lastIndexOf(')')
    return { name: stat.slice(stat.indexOf('(') + 1, end), fields: stat.slice(end + 2).split(' ') }
  } catch {
    return undefined
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, n) => all + n, 0)

const secondsIn = ({ fields }: Stat, wanted: readonly number[]) =>
  sum(wanted.map((field) => Number(fields[field]))) / TICKS_A_SECOND

/** Those that have a number for a name, in a folder of /proc. */
const statsIn = (folder: string): Stat[] =>
  readdirSync(`/proc/${folder}`)
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => statOf(`${folder}/${name}`) ?? [])

/** Postgres works in processes of its own for each connection. */
function secondsOf(pid: number): number {
  const stat = statOf(String(pid))
  if (!stat) return 0
  const children = statsIn('').filter(({ fields }) => Number(fields[PARENT]) === pid)
  return secondsIn(stat, [...OWN, ...REAPED]) + sum(children.map((child) => secondsIn(child, OWN)))
}

const JVMS = ['connect', 'kafka'] as const

/** CPU seconds that the JVMs of a run have used so far for compiling what they run. */
export const compilerSecondsOf = ({ parts }: RunFile): number =>
  sum(
    JVMS.flatMap((part) => statsIn(`${parts[part]!.pid}/task`))
      .filter(({ name }) => /^C[12] Compiler/.test(name))
      .map((thread) => secondsIn(thread, OWN)),
  )

/** Reads the CPU time of every part of a run (Linux only: from /proc). */
export function cpuOf(run: RunFile): CpuSeconds {
  const { user, system } = process.cpuUsage()
  const parts = Object.entries(run.parts).map(([part, { pid }]) => [part, secondsOf(pid)] as const)
  return { ...Object.fromEntries(parts), load: (user + system) / 1e6 }
}

/** What each part used between two readings. */
export const cpuBetween = (before: CpuSeconds, after: CpuSeconds): CpuSeconds =>
  Object.fromEntries(Object.entries(after).map(([part, seconds]) => [part, seconds - (before[part] ?? 0)]))

/** CPU seconds of the system: without the load generator, and without the stand-in for the world outside. */
export const cpuOfSystem = ({ load: _load, gateway: _gateway, ...parts }: CpuSeconds): number =>
  sum(Object.values(parts))

/** Resident memory of the parts, bytes. */
export const memoryOf = (run: RunFile): Record<string, number> =>
  Object.fromEntries(Object.entries(run.parts).map(([part, { pid }]) => [part, residentBytes(pid) ?? 0]))
