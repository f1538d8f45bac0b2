import type { RunFile } from '@chorus/stack'
import { kafkaOf } from '../kafka.js'

/** A message that says what it is and cannot be read. */
export interface Poison {
  /** Of the event that it says it is. */
  id: string
  key: string
  type: string
}

/** Puts something on a topic that nobody can read; who hears its type sets it aside. */
export async function sendPoison(run: RunFile, topic: string, { id, key, type }: Poison): Promise<void> {
  const kafka = kafkaOf(run, 'chorus-poison')
  const producer = kafka.producer({ allowAutoTopicCreation: false })
  await producer.connect()
  const headers = { ce_id: id, ce_type: type }
  await producer.send({ topic, messages: [{ key, value: '{"poison', headers }] })
  await producer.disconnect()
}
