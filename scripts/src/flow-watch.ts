import { newId } from '@chorus/chassis'
import type { RunFile } from '@chorus/stack'
import type { KafkaMessage } from 'kafkajs'
import { kafkaOf } from './kafka.js'

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

/** The events of flows as they come in, and who waits for them. */
class Flows {
  private readonly hops = new Map<string, Hop[]>()
  private readonly listeners = new Set<(orderId: string, hop: Hop) => void>()

  add(orderId: string, hop: Hop): void {
    const known = this.hops.get(orderId) ?? []
    if (known.some(({ id }) => id === hop.id)) return
    this.hops.set(orderId, [...known, hop])
    for (const listener of this.listeners) listener(orderId, hop)
  }

  of(orderId: string): Hop[] {
    return (this.hops.get(orderId) ?? []).toSorted((a, b) => a.atMs - b.atMs)
  }

  follow(orderId: string, patienceMs: number, onHop: (hop: Hop) => void): Promise<Hop[]> {
    return new Promise((resolve, reject) => {
      const listener = (flow: string, hop: Hop) => {
        if (flow !== orderId) return
        onHop(hop)
        if (!LAST.has(hop.type)) return
        end()
        resolve(this.of(orderId))
      }
      const giveUp = () => {
        end()
        const seen = this.of(orderId).map(({ type }) => type)
        reject(
          new Error(
            `order ${orderId} did not end within ${patienceMs} ms; seen: ${seen.join(', ') || 'nothing'}`,
          ),
        )
      }
      const timer = setTimeout(giveUp, patienceMs)
      const end = () => {
        clearTimeout(timer)
        this.listeners.delete(listener)
      }
      this.listeners.add(listener)
      for (const hop of this.of(orderId)) listener(orderId, hop)
    })
  }
}

function hopOf({ headers = {}, value }: KafkaMessage): { orderId: string; hop: Hop } {
  const text = (name: string) => String(headers[name])
  const hop = {
    id: text('ce_id'),
    service: text('ce_source').split('/').at(-1)!,
    type: text('ce_type'),
    atMs: Date.parse(text('ce_time')),
    causationId: text('ce_causationid'),
    data: JSON.parse(String(value)) as Record<string, unknown>,
  }
  return { orderId: text('ce_correlationid'), hop }
}

/** Watches the event topics of a run; resolves once nothing that comes after can be missed. */
export async function watchFlows(run: RunFile): Promise<FlowWatch> {
  const kafka = kafkaOf(run, 'chorus-cli')
  const groupId = `chorus-cli-${newId()}`
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 50, allowAutoTopicCreation: false })
  const flows = new Flows()
  // The first fetch fixes where each partition begins.
  const placed = new Promise<void>((resolve) => consumer.on(consumer.events.FETCH, () => resolve()))
  await consumer.connect()
  await consumer.subscribe({
    topics: run.services.map((service) => `${service}.events`),
    fromBeginning: false,
  })
  await consumer.run({
    autoCommit: false,
    eachMessage: ({ message }) => {
      const { orderId, hop } = hopOf(message)
      flows.add(orderId, hop)
      return Promise.resolve()
    },
  })
  await placed
  return {
    follow: (orderId, patienceMs, onHop = () => {}) => flows.follow(orderId, patienceMs, onHop),
    close: async () => {
      await consumer.disconnect()
      const admin = kafka.admin()
      await admin.connect()
      await admin.deleteGroups([groupId])
      await admin.disconnect()
    },
  }
}
