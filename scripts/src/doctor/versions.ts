import { checkJava, checkNode, StackError } from '@chorus/stack'
import type { Check, Patient, Trouble } from './patient.js'

const POSTGRES = 'io.debezium.connector.postgresql.PostgresConnector'

async function foundIn({
  run,
  sql,
}: Patient): Promise<{ kafka: string; debezium: string; postgres: string }> {
  const connect = `http://127.0.0.1:${run.ports['connect']}`
  const get = async <View>(path: string) => (await (await fetch(`${connect}${path}`)).json()) as View
  const [worker, plugins, [server]] = await Promise.all([
    get<{ version: string }>('/'),
    get<{ class: string; version: string }[]>('/connector-plugins'),
    sql<{ version: string }>(
      run.services[0]!,
      `SELECT split_part(current_setting('server_version'), '.', 1) AS version`,
    ),
  ])
  const plugin = plugins.find((one) => one.class === POSTGRES)
  return { kafka: worker.version, debezium: plugin?.version ?? 'missing', postgres: server!.version }
}

const told = (part: string, error: unknown): Trouble[] => {
  if (!(error instanceof StackError)) throw error
  return [{ part, what: error.message, mend: error.mend }]
}

/** What everything is made of. */
export const versionChecks: Check[] = [
  {
    name: 'Node and Java are new enough',
    async look({ versions }) {
      const troubles: Trouble[] = []
      try {
        checkNode(versions.node)
      } catch (error) {
        troubles.push(...told('node', error))
      }
      return [
        ...troubles,
        ...(await checkJava().then(
          () => [],
          (error: unknown) => told('java', error),
        )),
      ]
    },
  },
  {
    name: 'Postgres, Kafka and Debezium are the ones that were tested',
    async look(patient) {
      const found = await foundIn(patient)
      const { postgres, kafka, debezium } = patient.versions
      return Object.entries({ postgres, kafka, debezium }).flatMap(([part, wanted]) => {
        const is = found[part as keyof typeof found]
        if (is === wanted) return []
        const mend = 'npx chorus down; npm ci; npx chorus up'
        return [{ part, what: `it is ${is}, not ${wanted}`, mend }]
      })
    },
  },
]
