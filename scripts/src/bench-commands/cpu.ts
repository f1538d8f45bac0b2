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

/** The fields of /proc/<pid>/stat from the state on: the command before it may hold anything. */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

const secondsIn = (stat: readonly string[], fields: readonly number[]) =>
  fields.reduce((sum, field) => sum + Number(stat[field]), 0) / TICKS_A_SECOND

function childrenOf(pid: number): string[][] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = statOf(Number(name))
      return stat && Number(stat[PARENT]) === pid ? [stat] : []
    })
}

/** Postgres works in processes of its own for each connection. */
function secondsOf(pid: number): number {
  const stat = statOf(pid)
  if (!stat) return 0
  const children = childrenOf(pid).map((child) => secondsIn(child, OWN))
  return secondsIn(stat, [...OWN, ...REAPED]) + children.reduce((sum, seconds) => sum + seconds, 0)
}

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
  Object.values(parts).reduce((sum, seconds) => sum + seconds, 0)

/** Resident memory of the parts, bytes. */
export const memoryOf = (run: RunFile): Record<string, number> =>
  Object.fromEntries(Object.entries(run.parts).map(([part, { pid }]) => [part, residentBytes(pid) ?? 0]))
