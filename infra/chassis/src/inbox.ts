import type { ClientBase } from 'pg'
import { droppedAmong, type Message } from './dead-letters.js'

/** What the database says at the start of a batch. */
export interface Claim {
  /** The database's clock. */
  at: Date
  /** Ids never seen before. The inbox holds them now, in this transaction. */
  fresh: Set<string>
  /** Those of the keys that are parked behind a dead letter. */
  parked: Set<string>
  /** Those of the messages that are no events, and so in no inbox, that were given up on record. */
  dropped: ReadonlySet<Message>
}

/**
 * Enters ids into the inbox: what is there already drops out. The primary key has the last word, not the look before: a
 * transaction that is entering the same id elsewhere is waited for, and when it commits this one fails and runs again
 * (see `isRaceLost`). ON CONFLICT would spare the second run, and writes half as much again to the log for each row.
 * Sorted, so that two batches cannot wait for each other. What was given up on record stays so, however often it comes
 * again: its id is never fresh, and what has no id is known by its content.
 */
export async function claim(
  client: ClientBase,
  entries: readonly { id: string; hash: string | null }[],
  keys: readonly string[],
  noEvents: readonly Message[],
): Promise<Claim> {
  // Of one id that comes twice in a batch the first is entered.
  const once = new Map(entries.toReversed().map((entry) => [entry.id, entry]))
  const sorted = [...once.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  const claimed = client.query<{ at: Date; fresh: string[]; parked: string[] }>({
    name: 'claim',
    text: `WITH fresh AS (
       INSERT INTO inbox (id, hash) SELECT * FROM unnest($1::uuid[], $2::text[]) AS e (id, hash)
        WHERE NOT EXISTS (SELECT FROM inbox i WHERE i.id = e.id)
          AND NOT EXISTS (SELECT FROM dropped_letters d WHERE d.event_id = e.id::text)
       RETURNING id
     )
     SELECT now() AS at, array(SELECT id::text FROM fresh) AS fresh,
            array(SELECT DISTINCT key FROM dead_letters WHERE key = ANY($3::text[])) AS parked`,
    values: [sorted.map(({ id }) => id), sorted.map(({ hash }) => hash), keys],
  })
  const [{ rows }, dropped] = await Promise.all([claimed, droppedAmong(client, noEvents)])
  const { at, fresh, parked } = rows[0]!
  return { at, fresh: new Set(fresh), parked: new Set(parked), dropped }
}

/** Takes ids out again: of commands that were refused and of messages that were set aside in this batch. */
export const unclaim = (client: ClientBase, ids: readonly string[]) =>
  client.query('DELETE FROM inbox WHERE id = ANY($1::uuid[])', [ids])

/** The hashes of the bodies of commands that were carried out before, by command id. */
export async function hashesOf(
  client: ClientBase,
  ids: readonly string[],
): Promise<Map<string, string | null>> {
  const { rows } = await client.query<{ id: string; hash: string | null }>(
    'SELECT id, hash FROM inbox WHERE id = ANY($1::uuid[])',
    [ids],
  )
  return new Map(rows.map(({ id, hash }) => [id, hash]))
}
