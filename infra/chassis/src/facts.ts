import { contracts, upcast, violationsOf, type EventType } from '@chorus/contracts'
import type { KafkaMessage } from 'kafkajs'
import { messageOf, parse, recordedOf, attributeTrouble } from './cloud-events.js'
import type { Recorded } from './event.js'

/** A fact as its own service recorded it. */
export interface Fact {
  event: Recorded
  /** Of its aggregate, from 1. */
  version: number
}

const byDataschema = new Map(contracts.map((contract) => [contract.dataschema, contract]))

/**
 * Reads a message of a service's own topic, whole and lifted to the newest version of its contract.
 * @param types that are read; others are none of the caller's business
 * @returns undefined for another type; a sentence for what the service cannot have written
 */
export function readFact(
  topic: string,
  partition: number,
  raw: KafkaMessage,
  types: ReadonlySet<string>,
): Fact | string | undefined {
  // Most of what is on a topic of others is passed over: before its headers are read.
  if (!types.has(String(raw.headers?.ce_type))) return undefined
  const message = messageOf(topic, partition, raw)
  const { ce_type: type = '', ce_dataschema: dataschema = '', ce_aggregateversion: version } = message.headers
  const contract = byDataschema.get(dataschema)
  const trouble =
    attributeTrouble(message) ??
    (contract?.type === type ? undefined : `${dataschema} is no version of ${type}`)
  if (trouble !== undefined || !contract) return trouble
  try {
    const data = parse(message)
    const violations = violationsOf(type as EventType, data, 'open', contract.version)
    if (violations) return violations
    const lifted = upcast(type as EventType, contract.version, data)
    return { event: recordedOf(type as EventType, lifted, message), version: Number(version) }
  } catch (error) {
    return (error as Error).message
  }
}
