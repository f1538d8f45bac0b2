import { setTimeout as pause } from 'node:timers/promises'
import { addressesOf, readRun, signal, type RunFile } from '@chorus/stack'
import type { Fault } from './plan.js'

const RESTART_MS = 60_000

async function untilAnew(home: string, part: string, pid: number): Promise<void> {
  const end = Date.now() + RESTART_MS
  while (readRun(home)?.parts[part]?.pid === pid) {
    if (Date.now() > end) throw new Error(`${part} was not started anew within ${RESTART_MS / 1000} s`)
    await pause(50)
  }
}

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

/** Does one thing to a running system, and waits until it is over. @throws Error when a part does not come back */
export async function inflict(home: string, fault: Fault): Promise<void> {
  const run = readRun(home)!
  if (fault.kind === 'gateway') {
    await switchGateway(run, fault.mode)
    await pause(fault.ms)
    await switchGateway(run, 'none')
    return
  }
  const id = run.parts[fault.part]!
  if (fault.kind === 'kill') {
    signal(id.pid, 'SIGKILL')
    return untilAnew(home, fault.part, id.pid)
  }
  signal(id.pid, 'SIGSTOP')
  await pause(fault.ms)
  signal(id.pid, 'SIGCONT')
}
