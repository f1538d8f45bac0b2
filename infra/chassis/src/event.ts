import { contractOf, type Events, type EventType } from '@chorus/contracts'
import { deriveId } from './ids.js'

/** A fact that a rule has decided: not yet recorded, so without an id and a time. */
export type NewEvent<T extends EventType = EventType> = { [K in T]: { type: K; data: Events[K] } }[T]

/** A recorded fact: the data with its CloudEvents attributes. */
export type Recorded<T extends EventType = EventType> = {
  [K in T]: {
    /** Derived from the cause, so that the same cause always gives the same id. */
    id: string
    type: K
    data: Events[K]
    /** The service it came from. */
    source: string
    /** Kafka key: events of one key keep their order. */
    key: string
    /** Id of the aggregate. */
    subject: string
    /** When the transaction that recorded it began, by the database's clock. */
    time: Date
    /** The flow: the same for everything that one request set off. */
    correlationId: string
    /** Id of the event or command that led to it. */
    causationId: string
    /** W3C trace context. */
    traceparent: string
  }
}[T]

/** A recorded fact on its way to the outbox. */
export type Outgoing = Recorded & {
  /** How many events its aggregate has had, this one included. */
  aggregateVersion: number
  dataschema: string
}

/** What an event follows from: another event, or a command. */
export interface Cause {
  id: string
  /** Absent for a command: then the key of what it causes names the flow. */
  correlationId?: string
  traceparent: string
}

/** Names a fact. */
export const event = <T extends EventType>(type: T, data: Events[T]): NewEvent<T> => ({ type, data })

/**
 * Gives a decided fact its id and attributes.
 * @param index its place among what the same cause led to in this service
 * @param at the time of the batch, from the database
 */
export function record(fact: NewEvent, cause: Cause, service: string, index: number, at: Date): Recorded {
  const contract = contractOf(fact.type)
  const data = fact.data as unknown as Record<string, string>
  const key = data[contract.key] ?? ''
  // Node 20 takes a microsecond for each property that is named after a spread, so nothing is spread here.
  return {
    type: fact.type,
    data: fact.data,
    id: deriveId(cause.id, service, index),
    source: service,
    key,
    subject: data[contract.subject] ?? '',
    time: at,
    correlationId: cause.correlationId ?? key,
    causationId: cause.id,
    traceparent: cause.traceparent,
  } as Recorded
}
