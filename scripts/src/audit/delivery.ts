import { HORIZON } from './horizon.js'
import { brokenIn } from './databases.js'
import { together, type Finding, type Look } from './finding.js'
import { heardBy, onlyOf, type Check, type Scope } from './scope.js'
import { readTopic } from './topics.js'

/** Outbox rows of the types $1 from $2 on, those that meet the conditions $3 of their type. */
const WRITTEN = `SELECT id, NULL::text AS value
  FROM outbox, LATERAL (SELECT $3::jsonb -> type ->> 'when' AS has, $3::jsonb -> type ->> 'unless' AS has_not) AS condition
 WHERE type = ANY($1::text[]) AND created_at >= $2
   AND (has IS NULL OR payload::jsonb ? has) AND (has_not IS NULL OR NOT payload::jsonb ? has_not)`

/** 10. */
export const inboxCheck: Check = {
  invariant: 10,
  what: 'every event is in the inbox of every service that reacts to it, or set aside there',
  async look({ databases, since }) {
    const looks: Look[] = []
    for (const service of databases.services) {
      for (const [producer, types] of heardBy(service)) {
        const source = {
          service: producer,
          rows: WRITTEN,
          values: [types, since, JSON.stringify(onlyOf(service))],
        }
        const broken = `EXISTS (SELECT FROM inbox i WHERE i.id = wanted.id)
                      = EXISTS (SELECT FROM dead_letters d WHERE d.event_id = wanted.id::text
                                UNION ALL SELECT FROM dropped_letters d WHERE d.event_id = wanted.id::text)`
        const look = await databases.across(source, { service, broken })
        looks.push({ ...look, ids: look.ids.map((id) => `${id} (${producer} to ${service})`) })
      }
    }
    return together(looks)
  },
}

/** What operators gave up on record, of a topic: somebody has judged that it is no event of the outbox. */
async function givenUp({ databases }: Scope, topic: string): Promise<string[]> {
  const sql = `SELECT coalesce(event_id, concat_ws('/', topic, partition, "offset")) AS id
                 FROM dropped_letters WHERE topic = $1`
  const dropped = databases.services.map((service) => databases.query<{ id: string }>(service, sql, [topic]))
  return (await Promise.all(dropped)).flat().map(({ id }) => id)
}

/** Reads one topic beside its outbox: the ids that came are kept in a temporary table, not in this process. */
async function besideTopic(scope: Scope, service: string): Promise<{ lost: Look; unknown: Look }> {
  const known = [...scope.foreign, ...(await givenUp(scope, `${service}.events`))]
  const session = await scope.databases.session(service)
  try {
    await session.query('BEGIN; CREATE TEMP TABLE carried (id text)')
    const { rows: times } = await session.query<{ from: Date }>(
      `SELECT greatest($1::timestamptz, ${HORIZON}) AS from`,
      [scope.since],
    )
    let looked = 0
    await readTopic(scope.kafka, `${service}.events`, times[0]!.from, async (messages) => {
      looked += messages.length
      // As the services note what they set aside: Postgres holds no NUL.
      const ids = messages.map(({ id }) => id.replaceAll('\0', '\uFFFD'))
      await session.query('INSERT INTO carried SELECT * FROM unnest($1::text[])', [ids])
    })
    const lost = `SELECT id FROM outbox WHERE created_at >= $1 EXCEPT SELECT id::uuid FROM carried
                   WHERE pg_input_is_valid(id, 'uuid')`
    const unknown = `SELECT id FROM carried EXCEPT SELECT id::text FROM outbox EXCEPT SELECT * FROM unnest($1::text[])`
    const { rows } = await session.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM outbox WHERE created_at >= $1',
      [scope.since],
    )
    return {
      lost: { looked: rows[0]!.n, ...(await brokenIn(session, lost, [scope.since])) },
      unknown: { looked, ...(await brokenIn(session, unknown, [known])) },
    }
  } finally {
    await session.query('ROLLBACK').finally(() => session.release())
  }
}

/** 9: the outboxes beside the topics. */
export async function topicFindings(scope: Scope): Promise<Finding[]> {
  const looks = await Promise.all(scope.databases.services.map((service) => besideTopic(scope, service)))
  return [
    {
      invariant: 9,
      what: 'every event of an outbox is on its topic',
      ...together(looks.map(({ lost }) => lost)),
    },
    {
      invariant: 9,
      what: 'every event on a topic is of its outbox, or was given up on record',
      ...together(looks.map(({ unknown }) => unknown)),
    },
  ]
}
