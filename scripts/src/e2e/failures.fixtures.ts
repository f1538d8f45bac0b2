import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import pg from 'pg'
import { adminOf, byStatement, nothing, type Failure, type Scene } from './inflict.fixtures.js'

/** kafkajs: the type of a topic in requests about settings. */
const TOPIC = 2

/** Opens a transaction and forgets it. */
async function forgetTransaction({ system }: Scene): Promise<void> {
  const client = new pg.Client({ connectionString: system.databaseUrl('product') })
  // It is ended by what the doctor names.
  client.on('error', () => {})
  await client.connect()
  await client.query('BEGIN; SELECT pg_current_xact_id()')
  for (let i = 0; i < 2; i++)
    await system.sql('product', `SELECT pg_logical_emit_message(false, 'spec', 'x'), pg_switch_wal()`)
}

const LETTER = `INSERT INTO dead_letters (topic, partition, "offset", state, reason, headers)
                VALUES ('order.events', 0, 4711, 'DEAD', 'NOT_AN_EVENT', '{}')`

/** What can be seen at a look: settings, rights, rows. */
export const quietFailures: Failure[] = [
  {
    name: 'a publication that tells of more than inserts',
    ...byStatement('coupon', `ALTER PUBLICATION outbox_pub SET (publish = 'insert, delete')`),
    says: /^its publication outbox_pub is not as it was made/,
  },
  {
    name: 'a connector that may not read the outbox',
    ...byStatement('product', 'REVOKE SELECT ON outbox FROM product_cdc'),
    says: /^the role product_cdc may not read the outbox/,
  },
  {
    name: 'a connector that may not replicate',
    ...byStatement('payment', 'ALTER ROLE payment_cdc NOREPLICATION'),
    says: /^the role payment_cdc may not replicate/,
  },
  {
    name: 'a service that may change its outbox',
    ...byStatement('order', 'GRANT DELETE ON outbox TO order_app'),
    says: /^order_app may change the outbox/,
  },
  {
    name: 'a forgotten transaction',
    part: 'product',
    inflict: forgetTransaction,
    says: /^a transaction has been open for \d+ s/,
  },
  {
    name: 'a slot that is read and keeps the log all the same',
    part: 'payment',
    inflict: nothing,
    says: /^its replication slot keeps \d+ MB of the log, though it is read/,
    mend: nothing,
  },
  {
    name: 'a topic that forgets',
    part: 'tally',
    inflict: (scene) =>
      adminOf(scene, (admin) =>
        admin.alterConfigs({
          validateOnly: false,
          resources: [
            {
              type: TOPIC,
              name: 'tally.events',
              configEntries: [{ name: 'retention.ms', value: '604800000' }],
            },
          ],
        }),
      ),
    says: /^the topic tally.events should have retention.ms=-1, and not 604800000/,
  },
  {
    name: 'a message that was set aside',
    ...byStatement('coupon', LETTER),
    says: /^1 messages are set aside: NOT_AN_EVENT/,
    mend: ({ system }) => system.sql('coupon', 'DELETE FROM dead_letters WHERE "offset" = 4711'),
  },
]

/** Puts another Java first on the path. @returns a function that takes it away */
export function oldJava(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'chorus-java-'))
  writeFileSync(join(folder, 'java'), `#!/bin/sh\necho 'openjdk version "11.0.2"' >&2\n`)
  chmodSync(join(folder, 'java'), 0o755)
  const path = process.env.PATH
  process.env.PATH = `${folder}${delimiter}${path}`
  return () => {
    process.env.PATH = path
    rmSync(folder, { recursive: true })
  }
}
