import { setTimeout as pause } from 'node:timers/promises'
import { canaryTopic } from '@chorus/stack'
import { restart } from './capture.js'
import { ofEach, type Check, type Patient, type Trouble } from './patient.js'

/** How long ago the last canary was sent that came back to its service, ms. */
async function canaryAgeMs({ sql }: Patient, service: string): Promise<number> {
  const [row] = await sql<{ ms: number }>(
    service,
    'SELECT extract(epoch FROM clock_timestamp() - heard_at)::float * 1000 AS ms FROM canary',
  )
  return row!.ms
}

/** The end of the topic that the canaries of all services are on. */
async function endOf({ admin }: Patient): Promise<bigint> {
  const [end] = await admin.fetchTopicOffsets(canaryTopic.topic)
  return BigInt(end!.high)
}

/** How far a service has come on it. */
async function heardTo({ admin }: Patient, service: string): Promise<bigint> {
  const [group] = await admin.fetchOffsets({ groupId: service, topics: [canaryTopic.topic] })
  return BigInt(group!.partitions[0]!.offset)
}

async function canaryTroubles(patient: Patient, service: string): Promise<Trouble[]> {
  if ((await canaryAgeMs(patient, service)) <= patient.deafMs) return []
  const end = await endOf(patient)
  // After a start the first canary is still on its way, and offsets are told a little later than they are reached.
  await pause(patient.stuckMs)
  const ageMs = await canaryAgeMs(patient, service)
  if (ageMs <= patient.deafMs) return []
  const silence = `no canary that it sent in the last ${Math.round(ageMs / 1000)} s has come back`
  return [
    (await heardTo(patient, service)) < end
      ? { part: service, what: `${silence}: it hears nothing`, mend: `npx chorus logs ${service}` }
      : {
          part: service,
          what: `${silence}: events are not delivered, whatever its connector says`,
          mend: restart(patient, service),
        },
  ]
}

/** The whole way, from the outbox of a service back to itself. */
export const canaryChecks: Check[] = [
  {
    name: 'every canary comes back',
    look: (patient) => ofEach(patient, (service) => canaryTroubles(patient, service)),
  },
]
