import { needsOf, type Service } from '@chorus/chassis'
import { contractOf, type EventType } from '@chorus/contracts'
import { fieldsOf, HEADERS, type Consumer } from '@chorus/contracts/gate'

/** The headers that every consumer reads: the chassis does, for all of them (cloud-events.ts). */
const READ_HEADERS = [
  'ce_id',
  'ce_type',
  'ce_source',
  'ce_specversion',
  'ce_time',
  'ce_subject',
  'ce_dataschema',
  'ce_correlationid',
  'ce_causationid',
  'traceparent',
]

function needOf(service: string, type: EventType, paths: readonly string[]): Consumer {
  const { version, schema } = contractOf(type)
  // As in the chassis: who names no field reads all of them.
  const fields = paths.length > 0 ? paths : fieldsOf(schema as never)
  return { service, type, version, fields }
}

/** What the services read, as they declare it: always of the newest version, to which older events are lifted. */
export const consumersIn = (services: readonly Service[]): Consumer[] =>
  services.flatMap((service) => {
    const needs = Object.entries(needsOf(service)) as [EventType, readonly string[]][]
    const headers = { service: service.name, type: HEADERS, version: 1, fields: READ_HEADERS }
    return [...needs.map(([type, paths]) => needOf(service.name, type, paths)), headers]
  })
