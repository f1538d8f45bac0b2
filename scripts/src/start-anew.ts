import { addressesOf, readRun, signal, type RunFile } from '@chorus/stack'
import { until } from './until.js'

const READY_MS = 30_000

/** Kills services and waits until their supervisor has brought them back. @throws Error when one is not ready in 30 s */
export async function startAnew({ home }: RunFile, services: readonly string[]): Promise<void> {
  const old = readRun(home)!.parts
  for (const service of services) signal(old[service]!.pid, 'SIGKILL')
  for (const service of services) {
    const ready = async () => {
      const run = readRun(home)!
      if (run.parts[service]!.pid === old[service]!.pid) return false
      const answer = await fetch(`${addressesOf(run)[service]}/readyz`).catch(() => undefined)
      return answer?.ok === true
    }
    await until(`${service} to start anew`, ready, READY_MS)
  }
}
