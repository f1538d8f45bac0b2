import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import { openKafka, openLog } from '@chorus/chassis'
import { topology } from '@chorus/contracts'
import {
  addressesOf,
  connectorOf,
  connectorState,
  databaseUrlOf,
  layoutOf,
  logOf,
  type RunFile,
} from '@chorus/stack'
import type { Suspect } from '@chorus/tracker/flow'
import pg from 'pg'

const PATIENCE_MS = 1000
const TAIL_BYTES = 256 * 1024
const ERROR = 50

/** What is not known is left out: to explain is possible whatever is broken. */
async function ifKnown<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch {
    return undefined
  }
}

async function answers(url: string): Promise<boolean> {
  const answer = await ifKnown(() => fetch(`${url}/readyz`, { signal: AbortSignal.timeout(PATIENCE_MS) }))
  return answer?.ok ?? false
}

/** Messages that a service has still to hear. */
async function lagOf(run: RunFile, service: string): Promise<number> {
  const heard = Object.keys(topology.services.find(({ name }) => name === service)?.hears ?? {})
  const topics = topology.services
    .filter(({ emits }) => emits.some((type) => heard.includes(type)))
    .map(({ name }) => `${name}.events`)
  const kafka = openKafka([`127.0.0.1:${run.ports.kafka}`], 'chorus-explain', openLog('chorus', 'silent'))
  const admin = kafka.admin({ retry: { retries: 0 } })
  await admin.connect()
  try {
    const groups = await admin.fetchOffsets({ groupId: service, topics })
    const lags = await Promise.all(
      groups.map(async ({ topic, partitions }) => {
        const ends = await admin.fetchTopicOffsets(topic)
        return ends.reduce((sum, { partition, high, low }) => {
          const offset = partitions.find((one) => one.partition === partition)?.offset ?? '-1'
          return sum + Number(BigInt(high) - BigInt(offset === '-1' ? low : offset))
        }, 0)
      }),
    )
    return lags.reduce((sum, lag) => sum + lag, 0)
  } finally {
    await admin.disconnect()
  }
}

async function setAsideOf(run: RunFile, service: string, orderId: string): Promise<Suspect['setAside']> {
  const client = new pg.Client({
    connectionString: databaseUrlOf(run, service),
    connectionTimeoutMillis: PATIENCE_MS,
  })
  await client.connect()
  try {
    const { rows } = await client.query<{ type: string | null; reason: string; detail: string | null }>(
      `SELECT type, reason, detail FROM dead_letters WHERE key = $1 AND state = 'DEAD' ORDER BY first_at LIMIT 1`,
      [orderId],
    )
    const [row] = rows
    return (
      row && { key: orderId, type: row.type ?? 'a message', reason: row.reason, detail: row.detail ?? '' }
    )
  } finally {
    await client.end()
  }
}

/** The end of a file, from the first whole line on. */
function tail(file: string): string[] {
  const log = openSync(file, 'r')
  try {
    const { size } = fstatSync(log)
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES))
    readSync(log, bytes, 0, bytes.length, size - bytes.length)
    return bytes.toString().split('\n')
  } finally {
    closeSync(log)
  }
}

interface LogLine {
  level: number
  time: string
  msg: string
  err?: { message?: string }
}

/** The last error that a service logged since then. */
function lastErrorOf(run: RunFile, service: string, sinceMs: number): string | undefined {
  const file = logOf(layoutOf(run.home), service)
  if (!existsSync(file)) return undefined
  const lines = tail(file).flatMap((line): LogLine[] => {
    try {
      return [JSON.parse(line) as LogLine]
    } catch {
      return []
    }
  })
  const last = lines.findLast(({ level, time }) => level >= ERROR && Date.parse(time) >= sinceMs)
  return last && [last.msg, last.err?.message].filter((text) => text !== undefined).join(': ')
}

/** Looks at a service that an order waits for, from every side. @param sinceMs since when it is waited for */
export async function suspectOf(
  run: RunFile,
  service: string,
  orderId: string,
  sinceMs: number,
): Promise<Suspect> {
  const connectUrl = `http://127.0.0.1:${run.ports.connect}`
  const [up, lag, state, setAside] = await Promise.all([
    answers(addressesOf(run)[service] ?? ''),
    ifKnown(() => lagOf(run, service)),
    ifKnown(() => connectorState(connectUrl, connectorOf(service))),
    ifKnown(() => setAsideOf(run, service, orderId)),
  ])
  const lastError = lastErrorOf(run, service, sinceMs)
  return {
    name: service,
    answers: up,
    ...(lag !== undefined && { lag }),
    ...(state && { task: state.tasks[0]?.state ?? 'NONE' }),
    ...(setAside && { setAside }),
    ...(lastError !== undefined && { lastError }),
  }
}
