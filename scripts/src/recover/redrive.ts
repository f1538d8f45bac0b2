import { setTimeout as wait } from 'node:timers/promises'
import { connectorOf, provisionTopics, slotOf, StackError } from '@chorus/stack'
import { publishing } from '@chorus/chassis/operate'
import pg from 'pg'

/** What the database says of the way to its topic. */
export interface Sending {
  /** Rows that the outbox holds: they are what can be sent again. */
  rows: number
  /** When the oldest of them was written. */
  since: Date | null
  /** Undefined when there is no slot; `lost` when Postgres gave it up. */
  slot: string | undefined
  publication: boolean
}

const PATIENCE_MS = 30_000
const POLL_MS = 100

/** Looks at what a service could send again, and by what. */
export async function lookAtSending(url: string, service: string): Promise<Sending> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<Sending>(
      `SELECT (SELECT count(*)::int FROM outbox) AS rows, (SELECT min(created_at) FROM outbox) AS since,
              (SELECT wal_status FROM pg_replication_slots WHERE slot_name = $1) AS slot,
              EXISTS (SELECT FROM pg_publication WHERE pubname = 'outbox_pub') AS publication`,
      [slotOf(service)],
    )
    return { ...rows[0]!, slot: rows[0]!.slot ?? undefined }
  })
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** @throws StackError when Connect does not do it within half a minute */
async function ask(connectUrl: string, method: string, path: string): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; ; await wait(POLL_MS)) {
    const response = await fetch(`${connectUrl}/connectors/${path}`, { method })
    if (response.ok) return
    const { message } = (await response.json()) as { message?: string }
    if (Date.now() > end)
      throw new StackError(
        `Connect refused ${method} ${path}`,
        message ?? `${response.status}`,
        'npx chorus logs connect',
      )
  }
}

/** Drops the slot, once its connector has let go of it. */
async function dropSlot(client: pg.Client, slot: string): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; ; await wait(POLL_MS)) {
    const { rows } = await client.query<{ active: boolean }>(
      'SELECT active FROM pg_replication_slots WHERE slot_name = $1',
      [slot],
    )
    if (rows.length === 0) return
    if (!rows[0]!.active) await client.query('SELECT pg_drop_replication_slot($1)', [slot])
    else if (Date.now() > end)
      throw new StackError(`The slot ${slot} is in use`, 'Somebody else reads it.', 'npx chorus status')
  }
}

/** What a redrive works on. */
export interface RedriveOptions {
  service: string
  /** Of its database, for a superuser. */
  url: string
  connectUrl: string
  broker: string
  /** Of a topic that has to be made anew. */
  partitions: number
}

/**
 * Has a service send everything again that its outbox holds: its connector forgets where it was and begins with a
 * snapshot, in the order in which the rows were written, then goes on with what is new. Inboxes drop what they know.
 * Its topics, publication and slot are made anew where they are missing or wrong.
 * @throws StackError when Connect refuses, or somebody else reads the slot
 */
export async function redrive({
  service,
  url,
  connectUrl,
  broker,
  partitions,
}: RedriveOptions): Promise<void> {
  const name = connectorOf(service)
  await ask(connectUrl, 'PUT', `${name}/stop`)
  await provisionTopics(broker, [service], partitions)
  await ask(connectUrl, 'DELETE', `${name}/offsets`)
  await withClient(url, async (client) => {
    // A slot also remembers times at which there was no publication, and could never get past them.
    await dropSlot(client, slotOf(service))
    const { rowCount } = await client.query(`SELECT FROM pg_publication WHERE pubname = 'outbox_pub'`)
    if (rowCount === 0) await client.query(publishing)
  })
  await ask(connectUrl, 'PUT', `${name}/resume`)
}
