import type { ClientBase } from 'pg'

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
  /** A stable code: NOT_AN_EVENT, DATA_INVALID, PREMATURE, RULE_FAILED, KEY_PARKED. */
  reason: string
  /** One sentence; never the payload. */
  detail: string
}

/**
 * Sets messages aside. Their keys are parked from then on: later messages of a key queue behind the dead one, so
 * that nothing is reordered, and all other keys go on. Delivered again, the same message changes nothing.
 */
export async function setAside(client: ClientBase, entries: readonly SetAside[]): Promise<void> {
  const text = (pick: (entry: SetAside) => unknown) => entries.map(pick)
  await client.query(
    `INSERT INTO dead_letters (topic, partition, "offset", key, event_id, type, state, reason, detail, headers, payload)
     SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[],
                          $8::text[], $9::text[], $10::jsonb[], $11::bytea[])
     ON CONFLICT DO NOTHING`,
    [
      text((e) => e.message.topic),
      text((e) => e.message.partition),
      text((e) => e.message.offset),
      text((e) => e.message.key),
      text((e) => e.message.headers.ce_id ?? null),
      text((e) => e.message.headers.ce_type ?? null),
      text((e) => e.state),
      text((e) => e.reason),
      text((e) => e.detail),
      text((e) => JSON.stringify(e.message.headers)),
      text((e) => e.message.value),
    ],
  )
}
