import { headersRead, needsOf, type Service } from '@chorus/chassis'
import { fieldsOf, HEADERS, type Consumer, type Contract } from '@chorus/contracts/gate'

function needOf(
  service: string,
  type: string,
  paths: readonly string[],
  current: readonly Contract[],
): Consumer {
  const versions = current.filter((contract) => contract.type === type).sort((a, b) => a.version - b.version)
  const newest = versions.at(-1)
  // As in the chassis: who names no field reads all of them.
  const fields = paths.length > 0 ? paths : fieldsOf(newest?.schema ?? {})
  return { service, type, version: newest?.version ?? 1, fields }
}

/** What the services read, as they declare it: always of the newest version, to which older events are lifted. */
export const consumersIn = (services: readonly Service[], current: readonly Contract[]): Consumer[] =>
  services.flatMap((service) => {
    const headers = { service: service.name, type: HEADERS, version: 1, fields: headersRead }
    const needs = Object.entries(needsOf(service))
    return [...needs.map(([type, paths]) => needOf(service.name, type, paths, current)), headers]
  })
