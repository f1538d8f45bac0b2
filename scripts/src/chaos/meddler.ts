import { hears, newId } from '@chorus/chassis'
import type { KafkaMessage } from 'kafkajs'
import { describedServices } from '../services.js'
import { randomOf } from './plan.js'

/** What is sent to the topics beside what Connect sends there, in percent of all messages. */
export interface Meddling {
  /** So many are sent again at once. */
  duplicates: number
  /** So many are sent again later, in another order, over all keys and topics. */
  shuffles: number
  /** So many are followed by a message of the same key that nobody can read. */
  poison: number
}

/** What was sent. */
export interface Meddled {
  duplicates: number
  shuffled: number
  /** Ids of the messages that nobody can read. */
  poisoned: string[]
  /** Their keys. */
  keys: string[]
}

/** A message for a partition. */
export interface Placed {
  topic: string
  partition: number
  message: Pick<KafkaMessage, 'key' | 'value'> & { headers: NonNullable<KafkaMessage['headers']> }
}

/** A message to send, and as what. */
export interface Sending extends Placed {
  as: 'duplicate' | 'shuffled' | 'poison'
}

/** So many are held back until they are sent in another order. */
const HELD = 40

const heard: ReadonlySet<string> = new Set(describedServices.flatMap((service) => [...hears(service)]))

/** A message that says what it is and cannot be read. */
function poisonAfter({ topic, partition, message }: Placed): Sending {
  const headers = { ...message.headers, ce_id: newId(), ce_source: '/chaos' }
  const bad = { key: message.key, value: Buffer.from('{"poison'), headers }
  return { as: 'poison', topic, partition, message: bad }
}

/** Decides by a seed what is sent after which message: copies, early and late, and what nobody can read. */
export class Meddler {
  readonly meddled: Meddled = { duplicates: 0, shuffled: 0, poisoned: [], keys: [] }
  private readonly random: () => number
  private held: Sending[] = []

  constructor(
    seed: number,
    private readonly shares: Meddling,
  ) {
    this.random = randomOf(seed)
  }

  /** @returns what is to be sent after these messages */
  after(messages: readonly Placed[]): Sending[] {
    const sending = messages.flatMap((one) => this.afterOne(one))
    return this.held.length >= HELD ? [...sending, ...this.rest()] : sending
  }

  /** What was held back, in another order. */
  rest(): Sending[] {
    const held = this.held.map((one) => ({ one, order: this.random() }))
    this.held = []
    return held.toSorted((a, b) => a.order - b.order).map(({ one }) => one)
  }

  /** Notes what stands on the topics now. */
  sent(sent: readonly Sending[]): void {
    for (const { as, message } of sent) {
      if (as === 'duplicate') this.meddled.duplicates++
      else if (as === 'shuffled') this.meddled.shuffled++
      else {
        this.meddled.poisoned.push(String(message.headers.ce_id))
        this.meddled.keys.push(String(message.key))
      }
    }
  }

  private afterOne(one: Placed): Sending[] {
    const { duplicates, shuffles, poison } = this.shares
    const dice = this.random() * 100
    if (dice < duplicates) return [{ ...one, as: 'duplicate' }]
    if (dice < duplicates + shuffles) {
      this.held.push({ ...one, as: 'shuffled' })
      return []
    }
    // What nobody reacts to is read by nobody, and so set aside by nobody.
    const poisons = dice < duplicates + shuffles + poison && heard.has(String(one.message.headers.ce_type))
    return poisons ? [poisonAfter(one)] : []
  }
}
