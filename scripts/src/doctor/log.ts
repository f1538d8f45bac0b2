import { connectorOf, placeOf, slotOf } from '@chorus/stack'
import { restart } from './capture.js'
import { ofEach, redriveOf, type Check, type Patient, type Trouble } from './patient.js'

const megabytes = (bytes: number) => `${Math.round(bytes / 1024 ** 2)} MB`

interface Slot {
  active: boolean
  /** Of the log, as Postgres names it. */
  status: string
  /** Of the log, bytes; null when it is lost. */
  kept: number | null
}

/** The first thing that is wrong with a slot. */
async function slotTrouble(patient: Patient, service: string): Promise<Omit<Trouble, 'part'> | undefined> {
  const [slot] = await patient.sql<Slot>(
    service,
    `SELECT active, wal_status AS status, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::float AS kept
       FROM pg_replication_slots WHERE database = current_database() AND slot_name = $1`,
    [slotOf(service)],
  )
  const mend = redriveOf(service)
  if (!slot) return { what: 'it has no replication slot: events are not read', mend }
  if (slot.status === 'lost') return { what: 'its replication slot was given up: the log is gone', mend }
  const kept = slot.kept ?? 0
  if (!slot.active) {
    const what = `nobody reads its replication slot, which keeps ${megabytes(kept)} of the log`
    return { what, mend: restart(patient, service) }
  }
  if (kept <= patient.mostKeptBytes) return undefined
  const what = `its replication slot keeps ${megabytes(kept)} of the log, though it is read`
  return { what, mend: 'npx chorus logs connect' }
}

/** A connector whose place is ahead of the log passes over all that is written until the log gets there. */
async function placeTrouble({ run, sql }: Patient, service: string): Promise<Trouble[]> {
  const place = await placeOf(`http://127.0.0.1:${run.ports['connect']}`, connectorOf(service))
  const [log] = await sql<{ end: number }>(
    service,
    `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float AS "end"`,
  )
  if (place === undefined || place <= log!.end) return []
  const what = 'its connector is ahead of the log: what is written now is passed over'
  return [{ part: service, what, mend: redriveOf(service) }]
}

/** The write-ahead log, and who keeps it. */
export const logChecks: Check[] = [
  {
    name: 'every replication slot is read, and keeps little of the log',
    look: (patient) =>
      ofEach(patient, async (service) => {
        const trouble = await slotTrouble(patient, service)
        return trouble ? [{ part: service, ...trouble }] : []
      }),
  },
  {
    name: 'every connector is at a place that the log has',
    look: (patient) => ofEach(patient, (service) => placeTrouble(patient, service)),
  },
  {
    name: 'no transaction stays open',
    look: (patient) =>
      ofEach(patient, async (service) => {
        const rows = await patient.sql<{ pid: number; seconds: number }>(
          service,
          `SELECT pid, extract(epoch FROM now() - xact_start)::int AS seconds FROM pg_stat_activity
            WHERE datname = current_database() AND backend_type = 'client backend'
              AND xact_start < now() - $1 * interval '1 ms'`,
          [patient.longestMs],
        )
        return rows.map(({ pid, seconds }) => ({
          part: service,
          what: `a transaction has been open for ${seconds} s: it keeps the log and dead rows`,
          mend: `SELECT pg_terminate_backend(${pid})`,
        }))
      }),
  },
]
