import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { StackError } from './errors.js'
import { layoutOf } from './layout.js'
import { isAlive, startTimeOf, type ProcessId } from './processes.js'

/** What is running from one home: `<home>/run.json`. */
export interface RunFile {
  readonly launcher: {
    readonly pid: number
    readonly startTime: string
    /** ISO time. */ readonly startedAt: string
  }
  readonly home: string
  /** True once every part was ready. */
  readonly ready: boolean
  /** Port by part: postgres, kafka, kafka-controller, connect, gateway and each service. */
  readonly ports: Readonly<Record<string, number>>
  /** Process by part, in the order of their start. */
  readonly parts: Readonly<Record<string, ProcessId>>
  /** Names of the services that emit: each has a topic and a connector. */
  readonly services: readonly string[]
}

/** The run file of a home, or undefined when nothing was started there. A damaged file counts as none. */
export function readRun(home: string): RunFile | undefined {
  try {
    return JSON.parse(readFileSync(layoutOf(home).runFile, 'utf8')) as RunFile
  } catch {
    return undefined
  }
}

/** Forgets the run of a home, also when its file is damaged. */
export function removeRun(home: string): void {
  rmSync(layoutOf(home).runFile, { force: true })
}

/** True while the launcher of this run lives. */
export function launcherLives(run: RunFile): boolean {
  return isAlive(run.launcher)
}

/** The parts of a run whose process lives. */
export function livingParts(run: RunFile): [string, ProcessId][] {
  return Object.entries(run.parts).filter(([, id]) => isAlive(id))
}

/** A run file that this process writes. */
export interface OwnRun {
  current: () => RunFile
  update: (change: Partial<Omit<RunFile, 'launcher' | 'home'>>) => void
  /** Notes the process of a part, before anything else can happen to it. */
  started: (part: string, pid: number) => void
  remove: () => void
}

/**
 * Claims a home for this process.
 * @throws StackError when another process was quicker.
 */
export function claimRun(home: string): OwnRun {
  const file = layoutOf(home).runFile
  mkdirSync(home, { recursive: true })
  const launcher = {
    pid: process.pid,
    startTime: startTimeOf(process.pid) ?? '',
    startedAt: new Date().toISOString(),
  }
  let run: RunFile = { launcher, home, ready: false, ports: {}, parts: {}, services: [] }
  try {
    writeFileSync(file, JSON.stringify(run, null, 2), { flag: 'wx' })
  } catch (error) {
    throw new StackError(
      `Another launcher is starting in ${home}`,
      'run.json appeared meanwhile.',
      'chorus status',
      {
        cause: error,
      },
    )
  }
  const update = (change: Partial<RunFile>) => {
    run = { ...run, ...change }
    const fresh = path.join(home, `.run.json.${process.pid}`)
    writeFileSync(fresh, JSON.stringify(run, null, 2))
    renameSync(fresh, file)
  }
  return {
    current: () => run,
    update,
    started: (part, pid) =>
      update({ parts: { ...run.parts, [part]: { pid, startTime: startTimeOf(pid) ?? '' } } }),
    remove: () => removeRun(home),
  }
}
