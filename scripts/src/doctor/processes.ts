import { statfs } from 'node:fs/promises'
import { addressesOf, isAlive } from '@chorus/stack'
import type { Check } from './patient.js'

const SKEW_MS = 2000

async function whyNotReady(url: string, answerMs: number): Promise<string | undefined> {
  try {
    const { status } = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(answerMs) })
    return status === 200 ? undefined : `answers ${status} to /readyz`
  } catch {
    return `does not answer within ${answerMs / 1000} s`
  }
}

/** What runs, and on what. */
export const processChecks: Check[] = [
  {
    name: 'every part runs and is ready',
    async look({ run, answerMs }) {
      const addresses = addressesOf(run)
      const looks = Object.entries(run.parts).map(async ([part, id]) => {
        const mend = `npx chorus logs ${part}`
        if (!isAlive(id)) return [{ part, what: 'does not run; the launcher should start it anew', mend }]
        if (!addresses[part]?.startsWith('http') || part === 'connect') return []
        const what = await whyNotReady(addresses[part], answerMs)
        return what === undefined ? [] : [{ part, what, mend }]
      })
      return (await Promise.all(looks)).flat()
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
