import type { Rig } from './rig.js'

const ORDERS = 1_000_000
const INBOX = 10_000_000
/** They ended a while ago: nothing looks for their outbox rows or their payments. */
const OLD_ORDERS = `INSERT INTO orders (id, user_id, status, items, subtotal, discount, payable, currency, delivery_address_id,
    payment_method, deadline_at, version, created_at, updated_at)
  SELECT gen_random_uuid(), 'old-' || i % 10000, 'COMPLETED', '[]', 1000, 0, 1000, 'USD', 'home', 'CARD',
    now() - interval '2 days', 2, now() - interval '2 days', now() - interval '2 days' FROM generate_series(1, ${ORDERS}) i`
/** Ids as they are made: a time in the last days, then chance. */
const OLD_INBOX = `INSERT INTO inbox (id)
  SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - i * 20), 12, '0') || '8' || substr(md5(i::text), 1, 3)
    || 'a' || substr(md5(i::text), 4, 15))::uuid FROM generate_series(1, ${INBOX}) i`

/** Fills the tables as months of work would. */
export async function grow(rig: Rig): Promise<void> {
  await rig.sql('order', OLD_ORDERS)
  await rig.sql('order', OLD_INBOX)
  await rig.sql('order', 'VACUUM (ANALYZE) orders')
  await rig.sql('order', 'VACUUM (ANALYZE) inbox')
}
