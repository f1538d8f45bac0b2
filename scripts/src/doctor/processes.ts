import { statfs } from 'node:fs/promises'
import { addressesOf, isAlive, listenerOn, type RunFile } from '@chorus/stack'
import type { Check, Trouble } from './patient.js'

const SKEW_MS = 2000

async function whyNotReady(url: string, answerMs: number): Promise<string | undefined> {
  try {
    const { status } = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(answerMs) })
    return status === 200 ? undefined : `answers ${status} to /readyz`
  } catch {
    return `does not answer within ${answerMs / 1000} s`
  }
}

/** Why a part is not there for others; undefined when it is. */
async function whyAway(run: RunFile, part: string, answerMs: number): Promise<string | undefined> {
  if (!isAlive(run.parts[part]!)) return 'does not run; the launcher should start it anew'
  const address = addressesOf(run)[part]
  if (!address?.startsWith('http') || part === 'connect') return undefined
  return whyNotReady(address, answerMs)
}

/** What keeps a part that is away from coming back: somebody else has its port. */
function intruder({ ports, parts }: RunFile, part: string): Trouble | undefined {
  const listener = listenerOn(ports[part]!)
  if (!listener || listener.pid === parts[part]!.pid) return undefined
  const what = `its port ${ports[part]} is taken by process ${listener.pid}: ${listener.command}`
  return { part, what, mend: `kill ${listener.pid}` }
}

/** What runs, and on what. */
export const processChecks: Check[] = [
  {
    name: 'every part runs, is ready and has its port',
    async look({ run, answerMs }) {
      const parts = Object.keys(run.parts)
      const reasons = await Promise.all(parts.map((part) => whyAway(run, part, answerMs)))
      return parts.flatMap((part, i) => {
        const what = reasons[i]
        if (what === undefined) return []
        return [intruder(run, part) ?? { part, what, mend: `npx chorus logs ${part}` }]
      })
    },
  },
  {
    name: 'the disk has room',
    async look({ run, enoughDiskBytes }) {
      const { bavail, bsize } = await statfs(run.home)
      const free = bavail * bsize
      if (free >= enoughDiskBytes) return []
      const what = `only ${(free / 1024 ** 3).toFixed(1)} GB are free in ${run.home}`
      return [{ part: 'disk', what, mend: `make room, or move: CHORUS_HOME=<folder> npx chorus up` }]
    },
  },
  {
    name: 'the clocks agree',
    async look({ run, sql, now }) {
      const [row] = await sql<{ at: Date }>(run.services[0]!, 'SELECT clock_timestamp() AS at')
      const skewMs = Math.abs(row!.at.getTime() - now())
      if (skewMs <= SKEW_MS) return []
      const what = `the clock of Postgres and this machine's differ by ${(skewMs / 1000).toFixed(1)} s`
      return [{ part: 'postgres', what, mend: 'set the clocks by NTP: deadlines go by that of Postgres' }]
    },
  },
]
