import type { ClientBase, Pool } from 'pg'

/** A Kafka message as it came, with where it came from. */
export interface Message {
  topic: string
  partition: number
  offset: string
  key: string | null
  headers: Record<string, string>
  value: Buffer | null
}

/** Why a message is not handled now. DEAD: it cannot be. WAITING: an earlier message of its key is dead. */
export interface SetAside {
  message: Message
  state: 'DEAD' | 'WAITING'
  /** A stable code: NOT_AN_EVENT, DATA_INVALID, PREMATURE, RULE_FAILED, DATABASE_REFUSED, ENDS_THE_PROCESS, KEY_PARKED. */
  reason: string
  /** One sentence; never the payload. */
  detail: string
}

/**
 * Sets messages aside. Their keys are parked from then on: later messages of a key queue behind the dead one, so
 * that nothing is reordered, and all other keys go on. Delivered again, the same message changes nothing; one that was
 * released and failed again is dead again.
 */
export async function setAside(client: ClientBase, entries: readonly SetAside[]): Promise<void> {
  const text = (pick: (entry: SetAside) => unknown) => entries.map(pick)
  await client.query(
    `INSERT INTO dead_letters (topic, partition, "offset", key, event_id, type, state, reason, detail, headers, payload)
     SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[],
                          $8::text[], $9::text[], $10::jsonb[], $11::bytea[])
     ON CONFLICT (topic, partition, "offset") DO UPDATE
        SET state = excluded.state, reason = excluded.reason, detail = excluded.detail, last_at = now(),
            attempts = dead_letters.attempts + 1, started = 0, released_at = NULL
      WHERE excluded.state = 'DEAD' AND (dead_letters.released_at IS NOT NULL OR dead_letters.state = 'WAITING')`,
    [
      text((e) => e.message.topic),
      text((e) => e.message.partition),
      text((e) => e.message.offset),
      text((e) => e.message.key),
      text((e) => idOf(e.message)),
      text((e) => e.message.headers.ce_type ?? null),
      text((e) => e.state),
      text((e) => e.reason),
      text((e) => e.detail),
      text((e) => JSON.stringify(e.message.headers)),
      text((e) => e.message.value),
    ],
  )
}

/** What a message says that its id is: it need not be an event. */
const idOf = ({ headers }: Message) => headers.ce_id ?? null

/**
 * Those of the messages that were given up on record: all of their content is, at that place or with that id. A topic
 * that was made anew has other messages at the same places, and an event that is sent again comes at another.
 */
export async function droppedAmong(
  client: ClientBase,
  messages: readonly Message[],
): Promise<ReadonlySet<Message>> {
  if (messages.length === 0) return new Set()
  const column = (pick: (message: Message) => unknown) => messages.map(pick)
  const { rows } = await client.query<{ n: string }>(
    `SELECT n FROM unnest($1::text[], $2::int[], $3::bigint[], $4::text[], $5::text[], $6::jsonb[], $7::bytea[])
                     WITH ORDINALITY AS m (topic, partition, "offset", key, event_id, headers, payload, n)
      WHERE EXISTS (SELECT FROM dropped_letters d
                     WHERE (d.event_id = m.event_id
                            OR (d.topic, d.partition, d."offset") = (m.topic, m.partition, m."offset"))
                       AND d.topic = m.topic AND d.key IS NOT DISTINCT FROM m.key AND d.headers = m.headers
                       AND d.payload IS NOT DISTINCT FROM m.payload)`,
    [
      column(({ topic }) => topic),
      column(({ partition }) => partition),
      column(({ offset }) => offset),
      column(({ key }) => key),
      column(idOf),
      column(({ headers }) => JSON.stringify(headers)),
      column(({ value }) => value),
    ],
  )
  return new Set(rows.map(({ n }) => messages[Number(n) - 1]!))
}

/** Forgets messages that were released and are done. */
export const removeLetters = (client: ClientBase | Pool, messages: readonly Message[]) =>
  client.query(
    `DELETE FROM dead_letters USING unnest($1::text[], $2::int[], $3::bigint[]) AS done (topic, partition, "offset")
      WHERE (dead_letters.topic, dead_letters.partition, dead_letters."offset")
          = (done.topic, done.partition, done."offset")`,
    [
      messages.map(({ topic }) => topic),
      messages.map(({ partition }) => partition),
      messages.map(({ offset }) => offset),
    ],
  )
