import type { Knex } from 'knex'
import type { Message } from '../dead-letters.js'

/** Where a message stands. */
export interface Place {
  topic: string
  partition: number
  offset: string
}

/** A message that was set aside. */
export interface Letter extends Place {
  key: string | null
  eventId: string | null
  type: string | null
  /** DEAD: it cannot be handled. WAITING: an earlier message of its key is dead. */
  state: 'DEAD' | 'WAITING'
  reason: string
  detail: string | null
  attempts: number
  firstAt: Date
  lastAt: Date
  /** It was let go and waits for its turn. */
  released: boolean
  /** How many later messages of its key wait behind it. */
  behind: number
}

/** Which letters: all of them, those of one key, or one. */
export interface Choice {
  key?: string
  topic?: string
  partition?: number
  offset?: string
}

/** True of a letter `d` of the choice. */
const CHOSEN = `
  (:key::text IS NULL OR d.key = :key) AND (:topic::text IS NULL OR d.topic = :topic)
  AND (:partition::int IS NULL OR d.partition = :partition) AND (:offset::bigint IS NULL OR d."offset" = :offset)`

const chosen = ({ key, topic, partition, offset }: Choice): Record<string, Knex.Value> => ({
  key: key ?? null,
  topic: topic ?? null,
  partition: partition ?? null,
  offset: offset ?? null,
})

/** Every statement by which letters are read and changed, in one form. */
const run = async <Row>(knex: Knex, sql: string, bindings: Record<string, Knex.Value>) =>
  knex.raw<{ rows: Row[]; rowCount: number }>(sql, bindings)

/** A letter with its content. */
export type WholeLetter = Letter & { headers: Record<string, string>; payload: Buffer | null }

/** The order in which messages of a key came: within a partition by offset, whatever their times say. */
const ARRIVAL = `max(first_at) OVER (PARTITION BY topic, partition ORDER BY "offset")`

/** Reads letters, the oldest first. @param limit so many at most @param state only those in this state */
export async function findLetters(
  knex: Knex,
  choice: Choice,
  limit: number,
  state?: Letter['state'],
): Promise<WholeLetter[]> {
  const { rows } = await run<WholeLetter>(
    knex,
    `SELECT topic, partition, "offset"::text, key, event_id AS "eventId", type, state, reason, detail, attempts,
            first_at AS "firstAt", last_at AS "lastAt", released_at IS NOT NULL AS released, headers, payload,
            (SELECT count(*)::int FROM dead_letters w
              WHERE w.key = d.key AND w.state = 'WAITING' AND w.first_at >= d.first_at
                AND (w.topic, w.partition, w."offset") <> (d.topic, d.partition, d."offset")) AS behind
       FROM dead_letters d WHERE ${CHOSEN} AND (:state::text IS NULL OR d.state = :state)
      ORDER BY first_at, topic, partition, d."offset" LIMIT :limit`,
    { ...chosen(choice), limit, state: state ?? null },
  )
  return rows
}

/** How many letters there are, and of how many keys. */
export async function countLetters(
  knex: Knex,
  choice: Choice = {},
): Promise<{ dead: number; waiting: number; keys: number }> {
  const { rows } = await run<{ dead: number; waiting: number; keys: number }>(
    knex,
    `SELECT count(*) FILTER (WHERE state = 'DEAD')::int AS dead, count(*) FILTER (WHERE state = 'WAITING')::int AS waiting,
            count(DISTINCT key)::int AS keys FROM dead_letters d WHERE ${CHOSEN}`,
    chosen(choice),
  )
  return rows[0]!
}

/** Lets dead letters go, for good or until they fail again. @returns how many were not let go before */
export async function release(knex: Knex, choice: Choice): Promise<number> {
  const { rowCount } = await run(
    knex,
    `UPDATE dead_letters d SET released_at = now() WHERE state = 'DEAD' AND released_at IS NULL AND ${CHOSEN}`,
    chosen(choice),
  )
  return rowCount
}

/** Gives a letter up, on record. @returns false when there is none */
export async function drop(knex: Knex, place: Place, by: string, why: string): Promise<boolean> {
  const { rowCount } = await run(
    knex,
    `WITH gone AS (DELETE FROM dead_letters d WHERE ${CHOSEN} RETURNING d.*)
     INSERT INTO dropped_letters SELECT gone.*, now(), :by, :why FROM gone`,
    { ...chosen(place), by, why },
  )
  return rowCount === 1
}

/** Keys, and letters without a key, that have something to do: `key` is null for the latter. */
export async function keysToRelease(knex: Knex, limit: number): Promise<(Place & { key: string | null })[]> {
  const { rows } = await run<Place & { key: string | null }>(
    knex,
    `SELECT DISTINCT ON (coalesce(key, concat_ws('/', topic, partition, "offset"))) key, topic, partition, "offset"::text
       FROM dead_letters w
      WHERE released_at IS NOT NULL
         OR (state = 'WAITING' AND NOT EXISTS (SELECT FROM dead_letters d WHERE d.key = w.key AND d.state = 'DEAD'))
      LIMIT :limit`,
    { limit },
  )
  return rows
}

/** The letter of a key whose turn it is; undefined when there is none, or when it is dead and not let go. */
export async function nextOf(knex: Knex, key: string): Promise<Message | undefined> {
  const { rows } = await run<Message & { free: boolean }>(
    knex,
    `SELECT topic, partition, "offset"::text, key, headers, payload AS value, state = 'WAITING' OR released_at IS NOT NULL AS free
       FROM (SELECT *, ${ARRIVAL} AS arrival FROM dead_letters WHERE key = :key) d
      ORDER BY arrival, topic, partition, d."offset" LIMIT 1`,
    { key },
  )
  return rows[0]?.free ? messageIn(rows[0]) : undefined
}

/** The message of a letter without a key. */
export async function letterAt(
  knex: Knex,
  { topic, partition, offset }: Place,
): Promise<Message | undefined> {
  const { rows } = await run<Message>(
    knex,
    `SELECT topic, partition, "offset"::text, key, headers, payload AS value FROM dead_letters
      WHERE topic = :topic AND partition = :partition AND "offset" = :offset AND released_at IS NOT NULL`,
    { topic, partition, offset },
  )
  return rows[0] && messageIn(rows[0])
}

const messageIn = ({ topic, partition, offset, key, headers, value }: Message): Message => ({
  topic,
  partition,
  offset,
  key,
  headers,
  value,
})

/** True when a process ended in the middle of a release: which letter ended it is not known then. */
export async function endedInRelease(knex: Knex): Promise<boolean> {
  const { rows } = await run<{ ended: boolean }>(
    knex,
    'SELECT EXISTS (SELECT FROM dead_letters WHERE started > 0) AS ended',
    {},
  )
  return rows[0]!.ended
}

/** Notes that an attempt begins. @returns how many began and did not end, this one included */
export async function begin(knex: Knex, { topic, partition, offset }: Place): Promise<number> {
  const { rows } = await run<{ started: number }>(
    knex,
    `UPDATE dead_letters SET started = started + 1
      WHERE topic = :topic AND partition = :partition AND "offset" = :offset RETURNING started`,
    { topic, partition, offset },
  )
  return rows[0]?.started ?? 1
}
