import { until } from '../until.js'
import type { Rig } from './rig.js'

const ORDERS = 1_000_000
const INBOX = 10_000_000
/** They ended a while ago: nothing looks for their outbox rows or their payments. */
const OLD_ORDERS = `INSERT INTO orders (id, user_id, status, items, subtotal, discount, payable, currency, delivery_address_id,
    payment_method, deadline_at, version, created_at, updated_at)
  SELECT gen_random_uuid(), 'old-' || i % 10000, 'COMPLETED', '[]', 1000, 0, 1000, 'USD', 'home', 'CARD',
    now() - interval '2 days', 2, now() - interval '2 days', now() - interval '2 days'
  FROM generate_series($1::int, $2::int) i`
/** Ids as they are made: a time in the last days, then chance. */
const OLD_INBOX = `INSERT INTO inbox (id)
  SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - i * 20), 12, '0') || '8' || substr(md5(i::text), 1, 3)
    || 'a' || substr(md5(i::text), 4, 15))::uuid FROM generate_series($1::int, $2::int) i`

/** Rows in one transaction: the slots keep the changes of a transaction until it commits. */
const CHUNK = 250_000
const DECODING_PATIENCE_MS = 600_000

async function insert(rig: Rig, statement: string, rows: number): Promise<void> {
  for (let from = 1; from <= rows; from += CHUNK)
    await rig.sql('order', statement, [from, Math.min(from + CHUNK - 1, rows)])
}

/** Until then events wait behind rows that no service would write at once. */
async function untilDecoded(rig: Rig): Promise<void> {
  const [now] = await rig.sql<{ lsn: string }>('order', 'SELECT pg_current_wal_lsn()::text AS lsn')
  const behind = `SELECT count(*)::int AS n FROM pg_replication_slots WHERE confirmed_flush_lsn < $1::pg_lsn`
  await until(
    'the slots to have read the new rows',
    async () => (await rig.sql<{ n: number }>('order', behind, [now!.lsn]))[0]!.n === 0,
    DECODING_PATIENCE_MS,
  )
}

/** Fills the tables as months of work would. */
export async function grow(rig: Rig): Promise<void> {
  await insert(rig, OLD_ORDERS, ORDERS)
  await insert(rig, OLD_INBOX, INBOX)
  await rig.sql('order', 'VACUUM (ANALYZE) orders')
  await rig.sql('order', 'VACUUM (ANALYZE) inbox')
  await untilDecoded(rig)
}
