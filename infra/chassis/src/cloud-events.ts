import type { EventType } from '@chorus/contracts'
import type { IHeaders, KafkaMessage } from 'kafkajs'
import type { Message } from './dead-letters.js'
import type { Recorded } from './event.js'
import type { EventInput, InvalidInput } from './input.js'
import type { Reader } from './needs.js'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const REQUIRED = [
  'ce_id',
  'ce_type',
  'ce_source',
  'ce_specversion',
  'ce_time',
  'ce_subject',
  'ce_dataschema',
  'ce_correlationid',
]

/** The headers of an event that every service reads. */
export const headersRead: readonly string[] = [...REQUIRED, 'ce_causationid', 'traceparent']

/** Text as Postgres can hold it: it takes no NUL. */
export function text(bytes: Buffer | string): string {
  const string = bytes.toString()
  return string.includes('\0') ? string.replaceAll('\0', '\uFFFD') : string
}

function headersOf(headers: IHeaders = {}): Record<string, string> {
  const read: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    const first = Array.isArray(value) ? value[0] : value
    if (first !== undefined && first !== null) read[text(name)] = text(first)
  }
  return read
}

/** A Kafka message with its place, its key and headers as text. */
export const messageOf = (topic: string, partition: number, raw: KafkaMessage): Message => ({
  topic,
  partition,
  offset: raw.offset,
  key: raw.key === null ? null : text(raw.key),
  headers: headersOf(raw.headers),
  value: raw.value,
})

/** The JSON of a message. @throws Error when there is none */
export function parse(message: Message): unknown {
  if (message.value === null) throw new Error('the message has no value')
  try {
    return JSON.parse(message.value.toString())
  } catch {
    throw new Error('the value is not JSON')
  }
}

/** What keeps a message from being an event; undefined when nothing does. */
export function attributeTrouble({ headers, key }: Message): string | undefined {
  if (!REQUIRED.every((name) => headers[name]))
    return `headers are missing: ${REQUIRED.filter((name) => !headers[name]).join(', ')}`
  if (headers.ce_specversion !== '1.0') return 'ce_specversion is not 1.0'
  if (!UUID.test(headers.ce_id!)) return 'ce_id is not a UUID'
  if (Number.isNaN(Date.parse(headers.ce_time!))) return 'ce_time is not a time'
  if (key === null) return 'the message has no key'
  return undefined
}

/** The event that a message is, with data that were read from it. */
export function recordedOf(type: EventType, data: unknown, { headers, key }: Message): Recorded {
  return {
    id: headers.ce_id,
    type,
    data,
    source: headers.ce_source!.split('/').at(-1),
    key,
    subject: headers.ce_subject,
    time: new Date(headers.ce_time!),
    correlationId: headers.ce_correlationid,
    causationId: headers.ce_causationid ?? '',
    traceparent: headers.traceparent ?? '',
  } as Recorded
}

/**
 * Reads a message as a CloudEvent in Kafka binary mode, checks what the service needs of its data, and keeps no more.
 * @param readers of the event types the service reacts to
 * @returns undefined for an event of another type, or one that is none of the service's business; an invalid input for
 * what is no event, or breaks its contract
 */
export function readMessage(
  message: Message,
  readers: ReadonlyMap<string, Reader>,
): EventInput | InvalidInput | undefined {
  const trouble = attributeTrouble(message)
  if (trouble) return { kind: 'invalid', message, reason: 'NOT_AN_EVENT', detail: trouble }
  const type = message.headers.ce_type as EventType
  const read = readers.get(type)
  if (!read) return undefined
  try {
    const result = read(parse(message), message.headers.ce_dataschema!)
    if (!result) return undefined
    if ('violations' in result) {
      return { kind: 'invalid', message, reason: 'DATA_INVALID', detail: result.violations }
    }
    return { kind: 'event', event: recordedOf(type, result.data, message), message }
  } catch (error) {
    return { kind: 'invalid', message, reason: 'NOT_AN_EVENT', detail: (error as Error).message }
  }
}
