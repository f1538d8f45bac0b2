import { addressesOf, readRun, signal, type RunFile } from '@chorus/stack'
import { until } from './until.js'

const READY_MS = 30_000

/** Waits until a service that ended is back: its supervisor has started it anew and it is ready. @param pid it had */
export function untilBack({ home }: RunFile, service: string, pid: number): Promise<void> {
  const ready = async () => {
    const run = readRun(home)!
    if (run.parts[service]!.pid === pid) return false
    const answer = await fetch(`${addressesOf(run)[service]}/readyz`).catch(() => undefined)
    return answer?.ok === true
  }
  return until(`${service} to start anew`, ready, READY_MS)
}

/** Kills services and waits until their supervisor has brought them back. @throws Error when one is not ready in 30 s */
export async function startAnew(run: RunFile, services: readonly string[]): Promise<void> {
  const old = readRun(run.home)!.parts
  for (const service of services) signal(old[service]!.pid, 'SIGKILL')
  for (const service of services) await untilBack(run, service, old[service]!.pid)
}
