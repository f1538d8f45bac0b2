import { slotOf } from '@chorus/stack'
import {
  adminOf,
  byStatement,
  connectorOfTally,
  nothing,
  stopConnector,
  type Failure,
  type Scene,
} from './inflict.fixtures.js'

async function sendAhead(scene: Scene): Promise<void> {
  await stopConnector(scene)
  const { offsets } = (await (await connectorOfTally(scene, 'offsets', {})).json()) as {
    offsets: { partition: object; offset: Record<string, number> }[]
  }
  const lsn = 2 ** 50
  const ahead = offsets.map(({ partition, offset }) => ({
    partition,
    offset: { ...offset, lsn, lsn_proc: lsn, lsn_commit: lsn },
  }))
  const { ok } = await connectorOfTally(scene, 'offsets', {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ offsets: ahead }),
  })
  if (!ok) throw new Error('Connect did not take the offsets')
}

/** What is lost between an outbox and its topic; the last one names what mends them all. */
export const losses: Failure[] = [
  {
    name: 'a connector that is ahead of the log (Postgres was replaced)',
    part: 'tally',
    inflict: sendAhead,
    says: /^its connector is ahead of the log/,
    mend: nothing,
  },
  {
    name: 'a slot that was dropped',
    ...byStatement('tally', `SELECT pg_drop_replication_slot('${slotOf('tally')}')`),
    says: /^it has no replication slot/,
    mend: nothing,
  },
  {
    name: 'a publication that was dropped',
    ...byStatement('tally', 'DROP PUBLICATION outbox_pub'),
    says: /^it has no publication/,
    mend: nothing,
  },
  {
    name: 'a topic that was deleted',
    part: 'tally',
    inflict: (scene) => adminOf(scene, (admin) => admin.deleteTopics({ topics: ['tally.events'] })),
    says: /^the topic tally.events is missing/,
  },
]
