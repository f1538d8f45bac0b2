import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/** What the template infra/connect/connector.json leaves open. */
export interface ConnectorValues {
  readonly service: string
  readonly databaseHost: string
  readonly databasePort: string
  /** Where Connect finds `<role>=<password>`, as Connect sees the path. */
  readonly passwordFile: string
}

const patienceMs = 60_000
/** How long Connect may take to answer. */
const usualMs = 10_000

/** State of a connector: of itself and of its tasks, which is what counts. */
export interface ConnectorState {
  readonly connector: string
  readonly tasks: readonly { readonly id: number; readonly state: string; readonly trace?: string }[]
}

/** The configuration of one service's connector. Placeholders that are not ours (`${routedByValue}`) stay. */
export function renderConnector(repo: string, values: ConnectorValues): Record<string, string> {
  const template = readFileSync(path.join(repo, 'infra/connect/connector.json'), 'utf8')
  const known: Record<string, string> = {
    ...values,
    // a slot's name may not hold a hyphen
    slot: values.service.replaceAll('-', '_'),
    passwordFile: values.passwordFile.replaceAll('\\', '/'),
  }
  const text = template.replace(/\$\{(\w+)\}/g, (whole, name: string) => known[name] ?? whole)
  return JSON.parse(text) as Record<string, string>
}

/** Name of a service's connector. */
export function connectorOf(service: string): string {
  return `${service}-outbox`
}

/**
 * Makes the connector as configured; leaves it alone when it already is.
 * @throws Error when Connect keeps refusing for a minute.
 */
export async function putConnector(url: string, name: string, config: Record<string, string>): Promise<void> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const there = await request(`${url}/connectors/${name}/config`)
    if (there.status === 200 && sameConfig(there.body, { ...config, name })) return
    const put = await request(`${url}/connectors/${name}/config`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(config),
    })
    if (put.status === 200 || put.status === 201) return
    // 409: the worker is just sharing out its work; 5xx: it is not quite up
    if ((put.status !== 409 && put.status < 500) || Date.now() > deadline)
      throw new Error(`Connect refused the connector ${name}: ${put.status} ${JSON.stringify(put.body)}`)
    await wait(100)
  }
}

/** The state of a connector, or undefined when Connect does not know it. @throws when Connect does not answer. */
export async function connectorState(url: string, name: string): Promise<ConnectorState | undefined> {
  const { status, body } = await request(`${url}/connectors/${name}/status`)
  if (status === 404) return undefined
  if (status !== 200) throw new Error(`Connect answered ${status}`)
  const state = body as { connector: { state: string }; tasks: ConnectorState['tasks'] }
  return { connector: state.connector.state, tasks: state.tasks }
}

/** Starts a connector and its task again, if they failed (`all`: in any case). */
export async function restartConnector(url: string, name: string, all = false): Promise<void> {
  await request(`${url}/connectors/${name}/restart?includeTasks=true&onlyFailed=${!all}`, { method: 'POST' })
}

/**
 * Where a connector is in the write-ahead log, in bytes from its start; undefined when it is nowhere yet.
 * @throws when Connect does not answer for so long
 */
export async function placeOf(
  url: string,
  name: string,
  answerMs: number = usualMs,
): Promise<number | undefined> {
  const { status, body } = await request(`${url}/connectors/${name}/offsets`, {}, answerMs)
  if (status !== 200) return undefined
  const { offsets } = body as { offsets: { offset?: { lsn?: number } | null }[] }
  return offsets[0]?.offset?.lsn
}

/**
 * Stops a connector and has it forget where it was: it begins with a snapshot when it is resumed.
 * @throws Error when Connect refuses for a minute
 */
export async function forgetPlace(url: string, name: string): Promise<void> {
  await insist(`${url}/connectors/${name}/stop`, 'PUT')
  // refused until the task has ended
  await insist(`${url}/connectors/${name}/offsets`, 'DELETE')
}

/** Has a connector run, in case it was stopped. @throws Error when Connect refuses for a minute */
export async function resumeConnector(url: string, name: string): Promise<void> {
  await insist(`${url}/connectors/${name}/resume`, 'PUT')
}

/** True when the connector and its one task run. */
export function runs(state: ConnectorState | undefined): boolean {
  return state?.connector === 'RUNNING' && state.tasks.length === 1 && state.tasks[0]?.state === 'RUNNING'
}

async function insist(url: string, method: string): Promise<void> {
  for (const end = Date.now() + patienceMs; ; await wait(100)) {
    // A busy worker can take longer than a request waits.
    const refusal = await request(url, { method }).then(
      ({ status, body }) => (status < 300 ? undefined : `${status} ${JSON.stringify(body)}`),
      (error: Error) => error.message,
    )
    if (refusal === undefined) return
    if (Date.now() > end) throw new Error(`Connect refused ${method} ${url}: ${refusal}`)
  }
}

async function request(
  url: string,
  options: RequestInit = {},
  answerMs: number = usualMs,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, { ...options, signal: AbortSignal.timeout(answerMs) })
  const text = await response.text()
  try {
    return { status: response.status, body: JSON.parse(text) }
  } catch {
    return { status: response.status, body: text }
  }
}

function sameConfig(actual: unknown, wanted: Record<string, string>): boolean {
  const entries = Object.entries(actual as Record<string, string>)
  return (
    entries.length === Object.keys(wanted).length && entries.every(([name, value]) => wanted[name] === value)
  )
}
