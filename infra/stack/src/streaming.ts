import { setTimeout as wait } from 'node:timers/promises'
import type { Client } from 'pg'
import { connectUrlOf } from './connect.js'
import { connectorOf, connectorState, forgetPlace, placeOf, restartConnector, runs } from './connectors.js'
import type { Context } from './context.js'
import { Interrupted, StackError } from './errors.js'
import type { Passwords } from './keys.js'
import { connectAsSuperuser } from './postgres.js'

const connectorMs = 60_000
/** A task that failed before its service had made the publication is restarted: so long it may look failed. */
const failedMs = 5_000

/** Name of the replication slot of a service; see infra/connect/connector.json. */
export const slotOf = (service: string): string => `outbox_${service.replaceAll('-', '_')}`

/** Where the write-ahead log of a server ends, in bytes from its start. */
async function endOfLog(server: Client): Promise<number> {
  const { rows } = await server.query<{ at: number }>(
    `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float AS at`,
  )
  return rows[0]?.at ?? 0
}

/**
 * Has a connector begin anew, once it is resumed, whose place is ahead of the log: its server is another one than it
 * knew, and it would pass over whatever is written until the log gets there.
 */
export async function forgetForeignPlace(
  context: Context,
  service: string,
  passwords: Passwords,
): Promise<void> {
  const [url, name] = [connectUrlOf(context), connectorOf(service)]
  // It reads its topic of places to the end first, which takes a worker that has just begun a while.
  const place = await placeOf(url, name, connectorMs)
  if (place === undefined) return
  const server = await connectAsSuperuser(context, passwords)
  try {
    if (place <= (await endOfLog(server))) return
    context.event(
      `the place of ${name} is ahead of the log: Postgres was replaced, its outbox is sent from the start`,
    )
    await forgetPlace(url, name)
  } finally {
    await server.end()
  }
}

/**
 * Drops the slot of a service if Postgres gave it up: nothing can be read from it any more. Its connector makes it
 * anew when it is restarted, and sends again what the outbox holds.
 * @returns true when it was so
 */
export async function dropLostSlot(
  context: Pick<Context, 'ports'>,
  service: string,
  passwords: Passwords,
): Promise<boolean> {
  const server = await connectAsSuperuser(context, passwords)
  try {
    const { rowCount } = await server.query(
      `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
        WHERE slot_name = $1 AND wal_status = 'lost' AND NOT active`,
      [slotOf(service)],
    )
    return rowCount === 1
  } finally {
    await server.end()
  }
}

async function isRead(server: Client, service: string): Promise<boolean> {
  const sql = 'SELECT 1 FROM pg_replication_slots WHERE slot_name = $1 AND active'
  return (await server.query(sql, [slotOf(service)])).rowCount === 1
}

/** Waits until the task runs and Postgres sees it reading its slot: a state alone is no proof. */
export async function untilStreaming(context: Context, service: string, passwords: Passwords): Promise<void> {
  const [url, name, startedAt] = [connectUrlOf(context), connectorOf(service), Date.now()]
  let restartedAt: number | undefined
  const server = await connectAsSuperuser(context, passwords)
  try {
    for (;;) {
      if (context.abort.aborted) throw new Interrupted()
      const state = await connectorState(url, name)
      if (runs(state) && (await isRead(server, service))) return
      const trace = state?.tasks[0]?.trace
      if (trace !== undefined && restartedAt === undefined) {
        restartedAt = Date.now()
        await restartConnector(url, name)
      }
      const isLate = Date.now() > startedAt + connectorMs
      if (isLate || (trace !== undefined && Date.now() > (restartedAt ?? 0) + failedMs))
        throw new StackError(
          `The connector of ${service} does not deliver`,
          trace?.split('\n').slice(0, 8).join('\n  ') ?? `Connect says ${JSON.stringify(state)}.`,
          'npx chorus logs connect',
        )
      await wait(50)
    }
  } finally {
    await server.end()
  }
}
