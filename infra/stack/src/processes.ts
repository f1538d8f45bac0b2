import { readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { getPriority, setPriority } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessId {
  readonly pid: number
  /** Opaque: clock ticks since boot on Linux, a date elsewhere. */
  readonly startTime: string
}

/** When the process started, or undefined when there is none (a zombie is none). */
export function startTimeOf(pid: number): string | undefined {
  const stat = statOf(pid)
  if (stat) return stat.state === 'Z' ? undefined : stat.startTime
  if (process.platform === 'linux') return undefined
  const ps = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
  return ps.stdout?.trim() || undefined
}

/** True while this very process lives: pids are used again. */
export function isAlive(id: ProcessId): boolean {
  return startTimeOf(id.pid) === id.startTime
}

/** Sends a signal to the process and its group (or the process alone); silent when it is gone. */
export function signal(pid: number, name: NodeJS.Signals, group = false): void {
  try {
    process.kill(group ? -pid : pid, name)
  } catch {
    // it is gone, which is what a signal here is for
  }
}

/** About a third of the share that others get when the machine is full: with less, who looks at it waits too long. */
const NICENESS = 5

/** Lets the other processes go first when the machine is full; silent when it is gone, or may not be changed. */
export function stepBack(pid: number): void {
  try {
    const nice = getPriority() + NICENESS
    setPriority(pid, nice)
    // Linux may share the CPU between sessions first: then the priority of a process counts within its own only.
    writeFileSync(`/proc/${pid}/autogroup`, String(nice))
  } catch {
    // it goes on as it is
  }
}

/**
 * Asks a process to end, waits `limitMs`, then kills its group.
 * @returns true when it ended by itself.
 */
export async function endProcess(id: ProcessId, ask: NodeJS.Signals, limitMs: number): Promise<boolean> {
  if (!isAlive(id)) return true
  signal(id.pid, ask)
  const deadline = Date.now() + limitMs
  while (isAlive(id) && Date.now() < deadline) await wait(25)
  const itself = !isAlive(id)
  if (!itself) signal(id.pid, 'SIGKILL', true)
  while (isAlive(id)) await wait(10)
  return itself
}

/** Resident memory in bytes, or undefined. */
export function residentBytes(pid: number): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
  } catch {
    const ps = spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })
    return ps.stdout?.trim() ? Number(ps.stdout.trim()) * 1024 : undefined
  }
}

/** Who listens on a TCP port of this machine: pid and command, as far as it can be seen. */
export function listenerOn(port: number): { pid: number; command: string } | undefined {
  const pid = process.platform === 'linux' ? pidFromProc(port) : pidFromLsof(port)
  return pid === undefined ? undefined : { pid, command: commandOf(pid) }
}

/** The command line of a process, shortened. */
export function commandOf(pid: number): string {
  let command: string
  try {
    command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
  } catch {
    command =
      spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() ?? ''
  }
  return command.length > 120 ? `${command.slice(0, 60)} ... ${command.slice(-50)}` : command
}

function statOf(pid: number): { state: string; startTime: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // the command in brackets may hold anything, so count from its end: field 3 is the state, 22 the start
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', startTime: fields[19] ?? '' }
  } catch {
    return undefined
  }
}

function pidFromProc(port: number): number | undefined {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const inodes = new Set(
    ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
      linesOf(file).flatMap((line) => {
        const fields = line.trim().split(/\s+/)
        const listens = fields[3] === '0A' && fields[1]?.endsWith(`:${hex}`)
        return listens && fields[9] ? [`socket:[${fields[9]}]`] : []
      }),
    ),
  )
  if (inodes.size === 0) return undefined
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => openFilesOf(pid).some((target) => inodes.has(target)))
}

function pidFromLsof(port: number): number | undefined {
  const lsof = spawnSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t'], { encoding: 'utf8' })
  const pid = Number(lsof.stdout?.split('\n')[0])
  return pid > 0 ? pid : undefined
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}

function openFilesOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`)
      } catch {
        return ''
      }
    })
  } catch {
    return []
  }
}
