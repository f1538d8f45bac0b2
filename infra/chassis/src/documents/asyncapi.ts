import { contractOf, contracts, type EventContract } from '@chorus/contracts'
import { emits, hears, type Service } from '../service.js'
import { groupBinding, messageName, messageOf } from './event-message.js'
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

/** What a service emits: the newest version of each event. */
const sentBy = (service: Talker) => emits(service).map(contractOf)

/** What a service hears: every version that was ever sent. */
const heardBy = (service: Talker) =>
  hears(service).flatMap((type) => contracts.filter((c) => c.type === type))

function byProducer(all: Iterable<EventContract>): [string, EventContract[]][] {
  const groups = new Map<string, EventContract[]>()
  for (const contract of all) {
    groups.set(contract.producer, [...(groups.get(contract.producer) ?? []), contract])
  }
  return [...groups]
}

const channelOf = (producer: string, messages: readonly EventContract[]) => ({
  address: topicOf(producer),
  description: `What the ${producer} service says. Kept for ever.`,
  messages: Object.fromEntries(
    messages.map(messageName).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
  ),
})

const operation = (action: 'send' | 'receive', producer: string, messages: readonly EventContract[]) => ({
  action,
  channel: { $ref: `#/channels/${topicOf(producer)}` },
  messages: messages
    .map(messageName)
    .map((name) => ({ $ref: `#/channels/${topicOf(producer)}/messages/${name}` })),
})

function operationsOf(service: Talker): [string, object][] {
  const { name } = service
  const sent = byProducer(sentBy(service)).map(([producer, messages]): [string, object] => [
    `${name}.emits`,
    { summary: `${name} says what happened.`, ...operation('send', producer, messages) },
  ])
  const heard = byProducer(heardBy(service)).map(([producer, messages]): [string, object] => [
    `${name}.hears.${producer}`,
    {
      summary: `${name} reacts to what ${producer} says.`,
      ...operation('receive', producer, messages),
      bindings: groupBinding(name),
    },
  ])
  return [...sent, ...heard]
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
  const messages = new Set(services.flatMap((service) => [...sentBy(service), ...heardBy(service)]))
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
      byProducer(messages).map(([producer, group]) => [topicOf(producer), channelOf(producer, group)]),
    ),
    operations: Object.fromEntries(services.flatMap(operationsOf)),
    components: {
      messages: Object.fromEntries(
        [...messages].map((contract) => [messageName(contract), messageOf(contract)]),
      ),
    },
  }
}
