import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, existsSync, openSync, renameSync, statSync, writeSync } from 'node:fs'
import { signal, stepBack } from './processes.js'

/** How to run one part of the stack. */
export interface PartSpec {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Standard output and error are appended here. */
  readonly logFile: string
  readonly uid?: number
  readonly gid?: number
  /** Whether all others go first when the machine is full. */
  readonly stepsBack?: boolean
  /** How to ask for an orderly end; SIGTERM when not said. */
  readonly stopSignal?: NodeJS.Signals
  /** Milliseconds until an end that was asked for is forced. */
  readonly stopMs: number
  /** Called after an end that was asked for. */
  readonly stopped?: () => void
}

/** What the supervisor tells. */
export interface PartHooks {
  /** Called at once after each start. */
  started: (part: string, pid: number) => void
  /** A sentence for the person at the terminal. */
  event: (text: string) => void
}

/** A running part. */
export interface Part {
  readonly name: string
  readonly logFile: string
  pid: () => number | undefined
  /** How it ended so far, once for each time that nobody asked for it. */
  readonly ends: readonly string[]
  /** Asks for an end and forces it after `stopMs`; settles when the process is gone. */
  stop: () => Promise<void>
  /** Ends it now. */
  kill: () => void
}

const firstPauseMs = 150
const longestPauseMs = 5_000
/** A part that lived this long has started properly: its next pause is the first one again. */
const healthyMs = 3_000
const longestLogBytes = 20 * 1024 * 1024

/** Starts a part in a process group of its own and starts it again, with growing pauses, whenever it ends. */
export function supervise(spec: PartSpec, hooks: PartHooks): Part {
  const nextPauseMs = backOff()
  let child!: ChildProcess
  let gone!: Promise<string>
  let timer: NodeJS.Timeout | undefined
  let stopping = false
  const ends: string[] = []

  const start = () => {
    const startedAt = Date.now()
    child = launch(spec)
    gone = endOf(child)
    if (child.pid !== undefined) hooks.started(spec.name, child.pid)
    void startAgain(gone, startedAt)
  }
  const startAgain = async (end: Promise<string>, startedAt: number) => {
    const how = await end
    if (stopping) return
    ends.push(how)
    const pauseMs = nextPauseMs(Date.now() - startedAt)
    hooks.event(`${spec.name} exited (${how}), restarting in ${(pauseMs / 1000).toFixed(1)} s`)
    timer = setTimeout(start, pauseMs)
  }
  const end = (how: NodeJS.Signals) => {
    stopping = true
    clearTimeout(timer)
    if (isRunning(child)) signal(child.pid, how, how === 'SIGKILL')
  }

  rotate(spec.logFile)
  start()
  return {
    name: spec.name,
    logFile: spec.logFile,
    pid: () => (isRunning(child) ? child.pid : undefined),
    ends,
    stop: async () => {
      end(spec.stopSignal ?? 'SIGTERM')
      const force = setTimeout(() => end('SIGKILL'), spec.stopMs)
      await gone
      clearTimeout(force)
      spec.stopped?.()
    },
    kill: () => end('SIGKILL'),
  }
}

/** The pause before each restart: it doubles while the part keeps dying young. */
function backOff(): (livedMs: number) => number {
  let pauseMs = firstPauseMs
  return (livedMs) => {
    if (livedMs >= healthyMs) pauseMs = firstPauseMs
    const now = pauseMs
    pauseMs = Math.min(pauseMs * 2, longestPauseMs)
    return now
  }
}

async function endOf(child: ChildProcess): Promise<string> {
  const how = await new Promise<string>((resolve) => {
    child.once('exit', (code, by) => resolve(by ?? `code ${code}`))
    child.once('error', (error) => resolve(error.message))
  })
  // what the part itself started goes with it
  if (child.pid !== undefined) signal(child.pid, 'SIGKILL', true)
  return how
}

function isRunning(child: ChildProcess): child is ChildProcess & { pid: number } {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null
}

function launch(spec: PartSpec): ChildProcess {
  const log = openSync(spec.logFile, 'a')
  try {
    writeSync(log, `--- ${spec.name} starts at ${new Date().toISOString()}\n`)
    const child = spawn(spec.command, spec.args, {
      cwd: spec.cwd,
      env: spec.env,
      // a group of its own: Ctrl-C reaches the launcher only, which stops the parts in their order
      detached: true,
      stdio: ['ignore', log, log],
      ...(spec.uid === undefined ? {} : { uid: spec.uid }),
      ...(spec.gid === undefined ? {} : { gid: spec.gid }),
    })
    if (spec.stepsBack && child.pid !== undefined) stepBack(child.pid)
    return child
  } finally {
    closeSync(log)
  }
}

function rotate(file: string): void {
  if (existsSync(file) && statSync(file).size > longestLogBytes) renameSync(file, `${file}.1`)
}
