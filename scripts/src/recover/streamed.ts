import { setTimeout as wait } from 'node:timers/promises'
import { StackError } from '@chorus/stack'
import pg from 'pg'

const POLL_MS = 50
const PATIENCE_MS = 60_000

/**
 * Waits until everything that was committed so far is on its topic: the slot has confirmed it.
 * @param url of the database
 * @returns false when the database has no slot: then what is not on the topic yet cannot be waited for
 * @throws StackError when the slot does not get there within a minute
 */
export async function untilStreamed(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await confirmed(client)
  } finally {
    await client.end()
  }
}

async function confirmed(client: pg.Client): Promise<boolean> {
  // A message of its own, so that there is something to confirm on an idle database too; in a transaction, because a
  // connector that was started anew finds its place at a commit, and confirms nothing before.
  const { rows: marks } = await client.query<{ lsn: string }>(
    `SELECT pg_logical_emit_message(true, 'dbz-hb', '1')::text AS lsn`,
  )
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await wait(POLL_MS)) {
    const { rows } = await client.query<{ there: boolean | null }>(
      `SELECT bool_and(confirmed_flush_lsn >= $1::pg_lsn) AS there FROM pg_replication_slots
        WHERE database = current_database() AND slot_type = 'logical'`,
      [marks[0]!.lsn],
    )
    const { there } = rows[0]!
    if (there !== false) return there === true
  }
  throw new StackError(
    'Not everything that was committed is on its topic',
    `The replication slot did not get there within ${PATIENCE_MS / 1000} s.`,
    'npx chorus status (is the connector running?), then try again',
  )
}
