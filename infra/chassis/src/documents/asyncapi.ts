import { contractOf, type EventType } from '@chorus/contracts'
import { emits, hears, type Service } from '../service.js'
import { groupBinding, messageOf } from './event-message.js'
import { VERSION } from './version.js'

type Talker = Pick<Service, 'name' | 'evolve' | 'reactions' | 'projections'>

/** An AsyncAPI 3.0 document. */
export interface AsyncApiDocument {
  asyncapi: '3.0.0'
  channels: Record<string, { address: string; messages: Record<string, object> }>
  operations: Record<string, object>
  components: { messages: Record<string, object> }
  [field: string]: unknown
}

const topicOf = (producer: string) => `${producer}.events`

/** Event types by the service that emits them. */
function byProducer(types: Iterable<EventType>): Map<string, EventType[]> {
  const groups = new Map<string, EventType[]>()
  for (const type of types) {
    const { producer } = contractOf(type)
    groups.set(producer, [...(groups.get(producer) ?? []), type])
  }
  return groups
}

const channelOf = (producer: string, types: readonly EventType[]) => ({
  address: topicOf(producer),
  description: `What the ${producer} service tells. Kept for ever.`,
  messages: Object.fromEntries(types.map((type) => [type, { $ref: `#/components/messages/${type}` }])),
})

const operation = (action: 'send' | 'receive', producer: string, types: readonly EventType[]) => ({
  action,
  channel: { $ref: `#/channels/${topicOf(producer)}` },
  messages: types.map((type) => ({ $ref: `#/channels/${topicOf(producer)}/messages/${type}` })),
})

function operationsOf(service: Talker): [string, object][] {
  const { name } = service
  const sent = emits(service)
  const send = { summary: `${name} tells what happened.`, ...operation('send', name, sent) }
  const receive = [...byProducer(hears(service))].map(([producer, types]): [string, object] => [
    `${name}.hears.${producer}`,
    {
      summary: `${name} reacts to what ${producer} tells.`,
      ...operation('receive', producer, types),
      bindings: groupBinding(name),
    },
  ])
  return [...(sent.length > 0 ? [[`${name}.tells`, send] as [string, object]] : []), ...receive]
}

const server = {
  host: '{broker}',
  protocol: 'kafka',
  variables: { broker: { default: 'localhost:9092', description: 'KAFKA_BROKERS of the installation.' } },
}

/**
 * The AsyncAPI document of one service or of several together, made from their values and the contracts.
 * @param title of the document
 */
export function asyncApiOf(title: string, services: readonly Talker[]): AsyncApiDocument {
  const types = new Set(services.flatMap((service) => [...emits(service), ...hears(service)]))
  return {
    asyncapi: '3.0.0',
    info: {
      title,
      version: VERSION,
      description: 'CloudEvents 1.0 in Kafka binary mode. Events of one key stay in order within a topic.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    servers: { kafka: server },
    channels: Object.fromEntries(
      [...byProducer(types)].map(([producer, group]) => [topicOf(producer), channelOf(producer, group)]),
    ),
    operations: Object.fromEntries(services.flatMap(operationsOf)),
    components: { messages: Object.fromEntries([...types].map((type) => [type, messageOf(type)])) },
  }
}
