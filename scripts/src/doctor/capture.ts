import { publishedColumns, publishingAnew } from '@chorus/chassis/operate'
import { connectorOf, connectorState, runs } from '@chorus/stack'
import { ofEach, redriveOf, type Check, type Patient, type Trouble } from './patient.js'

const connectUrl = ({ run }: Patient) => `http://127.0.0.1:${run.ports['connect']}`

/** The command that starts a service's connector anew. */
export const restart = (patient: Patient, service: string) =>
  `curl -X POST '${connectUrl(patient)}/connectors/${connectorOf(service)}/restart?includeTasks=true'`

async function roleTroubles({ sql }: Patient, service: string): Promise<Trouble[]> {
  const [role] = await sql<{ replicates: boolean; reads: boolean; changes: boolean }>(
    service,
    `SELECT rolreplication AS replicates, has_table_privilege(rolname, 'outbox', 'SELECT') AS reads,
            has_table_privilege($2::text, 'outbox', 'UPDATE, DELETE') AS changes
       FROM pg_roles WHERE rolname = $1`,
    [`${service}_cdc`, `${service}_app`],
  )
  const wrong: [boolean | undefined, string, string][] = [
    [!role, `there is no role ${service}_cdc`, 'npx chorus down; npx chorus up'],
    [
      role && !role.replicates,
      `the role ${service}_cdc may not replicate`,
      `ALTER ROLE ${service}_cdc REPLICATION`,
    ],
    [
      role && !role.reads,
      `the role ${service}_cdc may not read the outbox`,
      `GRANT SELECT ON outbox TO ${service}_cdc`,
    ],
    [
      role?.changes,
      `${service}_app may change the outbox`,
      `REVOKE UPDATE, DELETE ON outbox FROM ${service}_app`,
    ],
  ]
  return wrong.flatMap(([is, what, mend]) => (is ? [{ part: service, what, mend }] : []))
}

/** The way from the outbox to the topic. */
export const captureChecks: Check[] = [
  {
    name: 'every connector and its task run',
    look: (patient) =>
      ofEach(patient, async (service) => {
        const state = await connectorState(connectUrl(patient), connectorOf(service)).catch(() => undefined)
        if (runs(state)) return []
        const tasks = state?.tasks.map((task) => task.state).join() || 'no task'
        const what = state ? `its connector is ${state.connector} with ${tasks}` : 'it has no connector'
        const stopped = state?.connector === 'STOPPED' || state?.connector === 'PAUSED'
        const resume = `curl -X PUT ${connectUrl(patient)}/connectors/${connectorOf(service)}/resume`
        return [{ part: service, what, mend: stopped ? resume : restart(patient, service) }]
      }),
  },
  {
    name: 'every connector delivers, whatever its state says',
    look: (patient) =>
      ofEach(patient, async (service) => {
        const topic = `__debezium-heartbeat.${service}`
        if (!(await patient.admin.listTopics()).includes(topic)) return []
        const [end] = await patient.admin.fetchTopicOffsets(topic)
        const [fresh] = await patient.admin.fetchTopicOffsetsByTimestamp(topic, Date.now() - patient.silentMs)
        if (BigInt(fresh!.offset) < BigInt(end!.high)) return []
        const what = `its connector has sent no heartbeat for ${patient.silentMs / 1000} s: events may not be delivered`
        return [{ part: service, what, mend: restart(patient, service) }]
      }),
  },
  {
    name: 'every publication tells of inserts into the outbox, and of nothing else',
    look: (patient) =>
      ofEach(patient, async (service) => {
        const rows = await patient.sql(
          service,
          `SELECT FROM pg_publication p JOIN pg_publication_tables t USING (pubname)
            WHERE pubname = 'outbox_pub' AND t.tablename = 'outbox' AND pubinsert AND pubviaroot
              AND NOT (pubupdate OR pubdelete OR pubtruncate OR puballtables)
              AND t.attnames::text[] @> $1 AND t.attnames::text[] <@ $1`,
          [publishedColumns],
        )
        if (rows.length === 1) return []
        if (
          (await patient.sql(service, `SELECT FROM pg_publication WHERE pubname = 'outbox_pub'`)).length === 0
        )
          return [
            { part: service, what: 'it has no publication: no event is told', mend: redriveOf(service) },
          ]
        const what = 'its publication outbox_pub is not as it was made'
        return [{ part: service, what, mend: publishingAnew }]
      }),
  },
  {
    name: 'roles may do what they need, and no more',
    look: (patient) => ofEach(patient, (service) => roleTroubles(patient, service)),
  },
]
