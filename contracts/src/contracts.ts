import catalogue from '../generated/catalogue.cjs'
import type { Events } from '../generated/events.d.ts'

/** The name of an event, a fact in the past tense: `OrderCreated`. */
export type EventType = keyof Events

/** The service that owns an event; its topic is `<producer>.events`. */
export type Producer = string

/** What is agreed about one version of an event, read from its schema. */
export interface EventContract {
  type: EventType
  version: number
  producer: Producer
  /** The kind of thing the event is about; its `version` counts that thing's events. */
  aggregate: string
  /** The field of the data that is the Kafka key: events of one key stay in order. */
  key: string
  /** The field of the data that holds the aggregate's id. */
  subject: string
  /** The schema's `$id`, sent as CloudEvents `dataschema`. */
  dataschema: string
  /** The whole JSON Schema 2020-12, references resolved. */
  schema: object
}

/** Every contract, one an event version; the versions of an event stand together, the newest last. */
export const contracts = catalogue as readonly EventContract[]

const byType = new Map(contracts.map((contract) => [contract.type, contract]))

/** True when a contract for this event exists. */
export const isEventType = (type: string): type is EventType => byType.has(type as EventType)

/**
 * The newest contract of an event type: what producers send.
 * @throws Error when there is none: an event without a contract may not be sent.
 */
export function contractOf(type: EventType): EventContract {
  const contract = byType.get(type)
  if (!contract)
    throw new Error(`no contract for ${type}: add contracts/events/<service>/<event>.v1.schema.json`)
  return contract
}
