import { setTimeout as wait } from 'node:timers/promises'
import { connectorOf, connectorState, putConnector, restartConnector } from './connectors.js'
import { heartbeatOffsets } from './topics.js'

/** What the watch looks after. */
export interface Watched {
  readonly connectUrl: string
  readonly broker: string
  /** Configuration of the connector by service. */
  readonly configs: ReadonlyMap<string, Record<string, string>>
  /** Drops the slot of a service if Postgres gave it up. @returns true when it was so */
  readonly dropLostSlot: (service: string) => Promise<boolean>
  event: (text: string) => void
}

const pollMs = 1_000
/** Heartbeats come every two seconds: this long without one means that nothing is delivered. */
const silentMs = 30_000
/** After this long without one it may be the slot: nothing else tells that it is lost. */
const suspectMs = 5_000

/** Looks after the connectors until it is called off: Connect itself never restarts a failed task. */
export async function watchConnectors(watched: Watched, abort: AbortSignal): Promise<void> {
  const beats = new Map<string, { offset: bigint; at: number }>()
  for (;;) {
    await wait(pollMs, undefined, { signal: abort }).catch(() => {})
    if (abort.aborted) return
    try {
      const running = new Set<string>()
      for (const [service, config] of watched.configs)
        if (await mend(watched, service, config)) running.add(service)
      await mendSilent(watched, running, beats)
    } catch {
      // Connect or the broker is away: its own supervisor says so and brings it back
      beats.clear()
    }
  }
}

/** Brings one connector back; true when there was nothing to do. */
async function mend(watched: Watched, service: string, config: Record<string, string>): Promise<boolean> {
  const { connectUrl, event } = watched
  const name = connectorOf(service)
  const state = await connectorState(connectUrl, name)
  if (state === undefined) {
    event(`connector ${name} was lost, making it again`)
    await putConnector(connectUrl, name, config)
    return false
  }
  const failed = state.tasks.find((task) => task.state === 'FAILED')
  if (failed === undefined && state.connector !== 'FAILED') return true
  if (await mendLostSlot(watched, service)) return false
  event(`connector ${name} failed (${reasonOf(failed?.trace)}), restarting it`)
  await restartConnector(connectUrl, name)
  return false
}

/** A connector whose slot is lost says RUNNING and reads nothing, for ever. */
async function mendLostSlot({ connectUrl, dropLostSlot, event }: Watched, service: string): Promise<boolean> {
  // Without Postgres nothing is known of the slot.
  if (!(await dropLostSlot(service).catch(() => false))) return false
  event(
    `the replication slot of ${service} was lost (nobody had read it for too long): made anew, what the outbox holds is sent again`,
  )
  await restartConnector(connectUrl, connectorOf(service), true)
  return true
}

async function mendSilent(
  watched: Watched,
  running: ReadonlySet<string>,
  beats: Map<string, { offset: bigint; at: number }>,
): Promise<void> {
  const { broker, connectUrl, event } = watched
  const now = Date.now()
  for (const [service, offset] of await heartbeatOffsets(broker, [...running])) {
    const last = beats.get(service)
    if (last?.offset !== offset) beats.set(service, { offset, at: now })
    else if (now - last.at > suspectMs && (await mendLostSlot(watched, service))) beats.delete(service)
    else if (now - last.at > silentMs) {
      const name = connectorOf(service)
      event(`connector ${name} says RUNNING but delivered nothing for ${silentMs / 1000} s, restarting it`)
      await restartConnector(connectUrl, name, true)
      beats.delete(service)
    }
  }
}

/** The first useful line of a Java stack trace. */
export function reasonOf(trace: string | undefined): string {
  const lines = (trace ?? '').split('\n')
  const cause = lines.findLast((line) => line.startsWith('Caused by: ')) ?? lines[0] ?? ''
  return cause.replace('Caused by: ', '').slice(0, 200) || 'no reason given'
}
