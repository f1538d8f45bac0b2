import { readMessages } from '@chorus/chassis/operate'
import type { Kafka, KafkaMessage } from 'kafkajs'

/** What the auditor keeps of a message. */
export interface Carried {
  /** Its CloudEvents id, or where it stands if it has none. */
  id: string
}

const carriedBy = ({ headers }: KafkaMessage, place: string): Carried => ({
  id: String(headers?.ce_id ?? place),
})

/**
 * Reads what stands on a topic now.
 * @param since messages that were written before are left out
 */
export const readTopic = (
  kafka: Kafka,
  topic: string,
  since: Date,
  take: (carried: readonly Carried[]) => Promise<void>,
): Promise<void> =>
  readMessages(
    kafka,
    topic,
    (messages, partition) =>
      take(messages.map((message) => carriedBy(message, `${topic}/${partition}/${message.offset}`))),
    since,
  )
