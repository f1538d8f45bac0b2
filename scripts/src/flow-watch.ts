import { newId, openKafka, openLog } from '@chorus/chassis'
import type { RunFile } from '@chorus/stack'
import type { Kafka } from 'kafkajs'

/** One event of a flow, as it came off Kafka. */
export interface Hop {
  id: string
  service: string
  type: string
  /** When its transaction began, ms since 1970. */
  atMs: number
  causationId: string
  data: Record<string, unknown>
}

const LAST = new Set(['OrderCompleted', 'OrderFailed', 'OrderCancelled'])

/** Reads the topics from now on and collects the events of flows. Nothing of the services' own is touched. */
export interface FlowWatch {
  /**
   * Waits until an order ended.
   * @param onHop told of each event as it comes
   * @throws Error when it did not within `patienceMs`
   */
  follow(orderId: string, patienceMs: number, onHop?: (hop: Hop) => void): Promise<Hop[]>
  close(): Promise<void>
}

const brokerOf = (run: RunFile) => `127.0.0.1:${run.ports.kafka}`

/** Watches the event topics of a run; resolves once nothing that comes after can be missed. */
export async function watchFlows(run: RunFile): Promise<FlowWatch> {
  const kafka: Kafka = openKafka([brokerOf(run)], 'chorus-cli', openLog('chorus', 'silent'))
  const groupId = `chorus-cli-${newId()}`
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 50, allowAutoTopicCreation: false })
  const flows = new Map<string, Hop[]>()
  const listeners = new Set<(orderId: string, hop: Hop) => void>()
  // The first fetch fixes where each partition begins.
  const placed = new Promise<void>((resolve) => consumer.on(consumer.events.FETCH, () => resolve()))
  await consumer.connect()
  await consumer.subscribe({
    topics: run.services.map((service) => `${service}.events`),
    fromBeginning: false,
  })
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message: { headers = {}, value } }) => {
      const text = (name: string) => String(headers[name])
      const orderId = text('ce_correlationid')
      const hop: Hop = {
        id: text('ce_id'),
        service: text('ce_source').split('/').at(-1)!,
        type: text('ce_type'),
        atMs: Date.parse(text('ce_time')),
        causationId: text('ce_causationid'),
        data: JSON.parse(String(value)) as Record<string, unknown>,
      }
      const hops = flows.get(orderId) ?? []
      if (hops.some(({ id }) => id === hop.id)) return
      flows.set(orderId, [...hops, hop])
      for (const listener of listeners) listener(orderId, hop)
    },
  })
  await placed
  return {
    follow: (orderId, patienceMs, onHop = () => {}) =>
      new Promise((resolve, reject) => {
        const hopsOf = () => (flows.get(orderId) ?? []).toSorted((a, b) => a.atMs - b.atMs)
        const finish = () => {
          clearTimeout(timer)
          listeners.delete(listener)
          resolve(hopsOf())
        }
        const listener = (flow: string, hop: Hop) => {
          if (flow !== orderId) return
          onHop(hop)
          if (LAST.has(hop.type)) finish()
        }
        const timer = setTimeout(() => {
          listeners.delete(listener)
          const seen = hopsOf().map(({ type }) => type)
          reject(
            new Error(
              `order ${orderId} did not end within ${patienceMs} ms; seen: ${seen.join(', ') || 'nothing'}`,
            ),
          )
        }, patienceMs)
        listeners.add(listener)
        for (const hop of hopsOf()) listener(orderId, hop)
      }),
    close: async () => {
      await consumer.disconnect()
      const admin = kafka.admin()
      await admin.connect()
      await admin.deleteGroups([groupId])
      await admin.disconnect()
    },
  }
}
