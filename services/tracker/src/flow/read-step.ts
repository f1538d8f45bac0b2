import type { Message } from '@chorus/chassis'
import { contracts } from '@chorus/contracts'
import type { Step } from './step.js'

/** A step with the flow that it belongs to and where it stands. */
export interface PlacedStep extends Step {
  flowId: string
  dataschema: string
  topic: string
  partition: number
  offset: string
  /** The data as it came, as text that Postgres can hold. */
  payload: string
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** An order's flow: the events that have its id as their key. */
const FLOW_KEY = 'orderId'
const ofFlows = new Set<string>(contracts.flatMap(({ type, key }) => (key === FLOW_KEY ? [type] : [])))

/** True of an event that belongs to the flow of an order: its key is the order's id. */
export const isOfFlow = (type: string): boolean => ofFlows.has(type)

/** The topics that flows are told on. */
export const flowTopics: readonly string[] = [
  ...new Set(contracts.flatMap(({ key, producer }) => (key === FLOW_KEY ? [`${producer}.events`] : []))),
]

/** The data of a payload; none when it is not a JSON object. */
export function dataOf(payload: string): Step['data'] {
  try {
    const data: unknown = JSON.parse(payload)
    return typeof data === 'object' && data !== null ? (data as Step['data']) : {}
  } catch {
    return {}
  }
}

/**
 * Reads a message as a step of a flow. Nothing is validated: what breaks its contract was on the topic all the same.
 * @returns undefined for what belongs to no flow, or cannot be told from any other event
 */
export function readStep({ topic, partition, offset, key, headers, value }: Message): PlacedStep | undefined {
  const { ce_id: id = '', ce_type: type = '', ce_source: source = '', ce_causationid = '' } = headers
  const atMs = Date.parse(headers.ce_time ?? '')
  if (!isOfFlow(type) || !UUID.test(id) || key === null || !UUID.test(key) || Number.isNaN(atMs))
    return undefined
  const payload = (value?.toString() ?? '').replaceAll('\0', '\uFFFD')
  return {
    flowId: key,
    id,
    type,
    service: source.split('/').at(-1)!,
    atMs,
    causationId: UUID.test(ce_causationid) ? ce_causationid : '',
    traceparent: headers.traceparent ?? '',
    // Who only stores the payload needs no object.
    get data() {
      return dataOf(payload)
    },
    dataschema: headers.ce_dataschema ?? '',
    topic,
    partition,
    offset,
    payload,
  }
}
