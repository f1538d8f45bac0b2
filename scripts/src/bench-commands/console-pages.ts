import { addressesOf, signToken } from '@chorus/stack'
import { fill, modelsOf } from './copied-flows.js'
import { memoryOf } from './cpu.js'
import { onOwnStack } from './own-stack.js'
import { quantilesOf, type Quantiles } from './quantiles.js'
import type { Rig } from './rig.js'
import { setConsumption } from './folding.js'

/** From a request to the last byte of its answer, ms. */
type PageTimes = Quantiles & { first: number }

/** What the console takes with many flows to choose from. */
export interface ConsoleTimes {
  flows: number
  /** From the topics to the tracker's tables. */
  heardPerSecond: number
  /** CPU of an event on that way, us. */
  cpuMicros: { tracker: number; postgres: number }
  /** Resident bytes of the tracker's process: with a tenth of the flows, with all of them, after the pages. */
  memory: { first: number; all: number; pages: number }
  pages: Record<string, PageTimes>
}

interface ConsoleOptions {
  flows: number
  /** Requests of each page. */
  requests: number
  signal: AbortSignal
  onStep(what: string): void
}

/** Asks for a page as an admin's browser does, as often as wanted. @param where its address, each time */
async function timePage(rig: Rig, requests: number, where: () => string): Promise<PageTimes> {
  const token = await signToken(rig.run.home, { userId: 'bench', admin: true })
  const times: number[] = []
  for (let i = 0; i < requests; i++) {
    const begunMs = performance.now()
    const response = await fetch(`${addressesOf(rig.run).tracker}${where()}`, {
      headers: { Authorization: `Bearer ${token}` },
      redirect: 'error',
    })
    await response.text()
    if (!response.ok) throw new Error(`${where()} answered ${response.status}`)
    times.push(performance.now() - begunMs)
  }
  return { first: times[0]!, ...quantilesOf(times) }
}

async function timePages(rig: Rig, requests: number): Promise<Record<string, PageTimes>> {
  const rows = await rig.sql<{ id: string; user_id: string }>(
    'tracker',
    'SELECT id, user_id FROM flows ORDER BY random() LIMIT $1',
    [requests],
  )
  const some = () => rows[Math.floor(Math.random() * rows.length)]!
  const pages: Record<string, () => string> = {
    'the list': () => '/flows',
    'of a state': () => '/flows?state=FAILED',
    'of a user': () => `/flows?user=${some().user_id}`,
    'by age': () => '/flows?age=more+than+5+min',
    'a flow': () => `/flows/${some().id}`,
    'the list, as JSON': () => '/api/flows?limit=100',
  }
  const times: Record<string, PageTimes> = {}
  for (const [name, where] of Object.entries(pages)) times[name] = await timePage(rig, requests, where)
  return times
}

/** Fills the tracker of a system of its own by way of its topics, and times the pages that have to choose. */
export function timeConsole({ flows, requests, signal, onStep }: ConsoleOptions): Promise<ConsoleTimes> {
  const variant = { observers: true, serviceEnv: { ORDER_DEADLINE_SECONDS: '86400' } }
  return onOwnStack(variant, signal, async (rig, shelf) => {
    onStep('real orders, to be copied')
    const models = await modelsOf(rig, shelf)
    await setConsumption(rig, rig.run.services, 'pause')
    const memory = () => memoryOf(rig.run).tracker ?? NaN
    const tenth = Math.ceil(flows / 10)
    onStep(`${tenth} flows`)
    await fill(rig, models, tenth)
    const first = memory()
    onStep(`${flows - tenth} more`)
    const { events, seconds, cpu } = await fill(rig, models, flows - tenth)
    const all = memory()
    onStep('pages')
    const pages = await timePages(rig, requests)
    return {
      flows,
      heardPerSecond: events / seconds,
      cpuMicros: { tracker: (cpu.tracker / events) * 1e6, postgres: (cpu.postgres / events) * 1e6 },
      memory: { first, all, pages: memory() },
      pages,
    }
  })
}

const MOST_MS = 200
const MOST_MEMORY = 1.3
const verdict = (held: boolean) => (held ? 'ok ' : 'NO ')
const cell = (ms: number) => ms.toFixed(0).padStart(8)
const megabytes = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(0)} MB`

/** The figures for a terminal. */
export function consoleText({ flows, heardPerSecond, cpuMicros, memory, pages }: ConsoleTimes): string {
  return [
    `${flows.toLocaleString('en')} flows, heard at ${heardPerSecond.toFixed(0)} events/s;`,
    `  CPU an event: tracker ${cpuMicros.tracker.toFixed(0)} us, Postgres ${cpuMicros.postgres.toFixed(0)} us`,
    '',
    `     ${'page, ms'.padEnd(20)}${['first', 'p50', 'p99'].map((title) => title.padStart(8)).join('')}  goal <= ${MOST_MS}`,
    ...Object.entries(pages).map(
      ([name, { first, p50, p99, max }]) =>
        `  ${verdict(max <= MOST_MS)}${name.padEnd(20)}${[first, p50, p99].map(cell).join('')}`,
    ),
    '',
    `  ${verdict(memory.pages / memory.first <= MOST_MEMORY)}memory of the tracker: ${megabytes(memory.first)} with a tenth of the flows, ${megabytes(memory.all)} with all, ${megabytes(memory.pages)} after the pages`,
  ].join('\n')
}
