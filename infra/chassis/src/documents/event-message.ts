import type { EventContract } from '@chorus/contracts'
import { sourceUri } from '../outbox.js'
import { uuid } from '../schemas.js'

const BINDING_VERSION = '0.5.0'
const text = { type: 'string', minLength: 1 }
const exactly = (value: string) => ({ type: 'string', const: value })

/** The CloudEvents attributes in Kafka's binary mode: see the outbox and the connector's template. */
const headersOf = (type: string, producer: string, dataschema: string) => ({
  ce_specversion: exactly('1.0'),
  ce_id: { ...uuid, description: 'Derived from the cause: a second event of one id is a duplicate.' },
  ce_type: exactly(type),
  ce_source: exactly(sourceUri(producer)),
  ce_subject: { ...text, description: 'Id of what the event is about.' },
  ce_time: { type: 'string', format: 'date-time', description: 'When it was recorded.' },
  ce_dataschema: exactly(dataschema),
  ce_correlationid: { ...text, description: 'The flow: the same for all that one request set off.' },
  ce_causationid: { ...text, description: 'Id of the event or command that led to it.' },
  ce_aggregateversion: {
    type: 'string',
    pattern: '^[1-9][0-9]*$',
    description: 'How many events its subject has had, this one included.',
  },
  traceparent: { type: 'string', description: 'W3C trace context; empty when no request set it off.' },
  'content-type': exactly('application/json'),
})

/** The name of a message: one for each version of an event, because topics keep every version. */
export const messageName = ({ type, version }: EventContract) => `${type}.v${version}`

/** One version of an event as a message of an AsyncAPI document. */
export function messageOf(contract: EventContract): object {
  const { type, version, producer, key, dataschema, schema } = contract
  const { $schema: _, $id: __, description, ...payload } = schema as Record<string, unknown>
  const properties = headersOf(type, producer, dataschema)
  const { [key]: keySchema } = payload.properties as Record<string, object>
  return {
    name: messageName(contract),
    title: `${type} version ${version}`,
    ...(description !== undefined && { summary: description }),
    contentType: 'application/json',
    headers: { type: 'object', required: Object.keys(properties), properties },
    payload,
    correlationId: { location: '$message.header#/ce_correlationid' },
    bindings: {
      kafka: {
        key: { ...keySchema, description: `The ${key} of the payload: events of one key stay in order.` },
        bindingVersion: BINDING_VERSION,
      },
    },
  }
}

/** The Kafka binding of an operation that receives. */
export const groupBinding = (group: string) => ({
  kafka: { groupId: exactly(group), bindingVersion: BINDING_VERSION },
})
