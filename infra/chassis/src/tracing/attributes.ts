import type { Attributes } from '@opentelemetry/api'
import type { Message } from '../dead-letters.js'
import type { Outgoing } from '../event.js'
import { sourceUri } from '../outbox.js'

/** The topic of a service. */
export const topicOf = (service: string) => `${service}.events`

/** Of whatever has to do with a topic, in OpenTelemetry's conventions for messaging. */
const messaging = (operation: 'create' | 'process', topic: string): Attributes => ({
  'messaging.system': 'kafka',
  'messaging.operation.name': operation,
  'messaging.operation.type': operation,
  'messaging.destination.name': topic,
})

/** A message that a consumer group handles. */
export const handled = (group: string, { topic, partition, offset, key, headers }: Message): Attributes => ({
  ...messaging('process', topic),
  'messaging.consumer.group.name': group,
  'messaging.destination.partition.id': String(partition),
  'messaging.kafka.offset': Number(offset),
  ...(key !== null && { 'messaging.kafka.message.key': key }),
  ...(headers.ce_id !== undefined && { 'messaging.message.id': headers.ce_id }),
  ...(headers.ce_correlationid !== undefined && {
    'messaging.message.conversation_id': headers.ce_correlationid,
  }),
  ...(headers.ce_type !== undefined && { 'cloudevents.event_type': headers.ce_type }),
  ...(headers.ce_source !== undefined && { 'cloudevents.event_source': headers.ce_source }),
})

/** An event that a service writes into its outbox. */
export const emitted = (event: Outgoing): Attributes => ({
  ...messaging('create', topicOf(event.source)),
  'messaging.kafka.message.key': event.key,
  'messaging.message.id': event.id,
  'messaging.message.conversation_id': event.correlationId,
  'cloudevents.event_id': event.id,
  'cloudevents.event_type': event.type,
  'cloudevents.event_source': sourceUri(event.source),
  'cloudevents.event_subject': event.subject,
})
