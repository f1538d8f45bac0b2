import { OPEN } from '../audit/scope.js'
import { ofEach, type Check } from './patient.js'

/** What the databases say of what did not go on. */
export const businessChecks: Check[] = [
  {
    name: 'nothing is set aside',
    look: (patient) =>
      ofEach(patient, async (service) => {
        const [row] = await patient.sql<{ n: number; reasons: string }>(
          service,
          `SELECT count(*)::int AS n, string_agg(DISTINCT reason, ', ') AS reasons FROM dead_letters`,
        )
        if (row!.n === 0) return []
        return [
          {
            part: service,
            what: `${row!.n} messages are set aside: ${row!.reasons}`,
            mend: 'npx chorus dlq list',
          },
        ]
      }),
  },
  {
    name: 'no order is open long after its deadline',
    async look({ sql }) {
      const [row] = await sql<{ n: number; id: string }>(
        'order',
        `SELECT count(*)::int AS n, min(id::text) AS id FROM orders
          WHERE status IN ${OPEN} AND deadline_at < now() - interval '30 s'`,
      )
      if (row!.n === 0) return []
      const what = `${row!.n} orders are open 30 s after their deadline, ${row!.id} first`
      return [{ part: 'order', what, mend: `npx chorus explain ${row!.id}` }]
    },
  },
]
