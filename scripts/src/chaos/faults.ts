import { setTimeout as pause } from 'node:timers/promises'
import { addressesOf, readRun, signal, type RunFile } from '@chorus/stack'
import { until } from '../until.js'
import { cut, hold } from './connections.js'
import type { Fault } from './plan.js'

const RESTART_MS = 60_000

const untilAnew = (home: string, part: string, pid: number): Promise<void> =>
  until(`${part} to be started anew`, () => readRun(home)?.parts[part]?.pid !== pid, RESTART_MS)

/** The gateway may just be away: then there is nothing to switch. */
const switchGateway = (run: RunFile, mode: string) =>
  fetch(`${addressesOf(run)['gateway']}/faults`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ mode, share: 0.5, delayMs: 500 }),
  }).catch(() => undefined)

/** Ends what a fault began: no part is stopped, the gateway is well. A fault that was cut short leaves nothing behind. */
export async function heal(home: string): Promise<void> {
  const run = readRun(home)!
  for (const id of Object.values(run.parts)) signal(id.pid, 'SIGCONT')
  await switchGateway(run, 'none')
}

async function breakGateway(run: RunFile, mode: string, ms: number): Promise<void> {
  await switchGateway(run, mode)
  await pause(ms)
  await switchGateway(run, 'none')
}

async function stop(pid: number, ms: number): Promise<void> {
  signal(pid, 'SIGSTOP')
  await pause(ms)
  signal(pid, 'SIGCONT')
}

async function kill(home: string, part: string, pid: number): Promise<void> {
  signal(pid, 'SIGKILL')
  await untilAnew(home, part, pid)
}

/**
 * Does one thing to a running system, and waits until it is over.
 * @throws Error when a part does not come back, or cannot be reached because it is just ending or beginning
 */
export async function inflict(home: string, fault: Fault): Promise<void> {
  const run = readRun(home)!
  if (fault.kind === 'gateway') return breakGateway(run, fault.mode, fault.ms)
  const { pid } = run.parts[fault.part]!
  if (fault.kind === 'kill') return kill(home, fault.part, pid)
  if (fault.kind === 'pause') return stop(pid, fault.ms)
  if (fault.kind === 'cut') return cut(run, fault.part, fault.to)
  return hold(run, fault.part, fault.to, fault.ms)
}

/** True of a fault whose part may just not be there for it. */
export const mayMiss = ({ kind }: Fault) => kind === 'cut' || kind === 'hold'
