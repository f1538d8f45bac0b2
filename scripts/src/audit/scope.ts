import { conditionsOf, hears, topicsHeard, type Conditions } from '@chorus/chassis'
import { contractOf, type EventType } from '@chorus/contracts'
import type { Kafka } from 'kafkajs'
import { describedServices } from '../services.js'
import type { Databases } from './databases.js'
import type { Finding, Look } from './finding.js'

/** What a check looks at. */
export interface Scope {
  databases: Databases
  kafka: Kafka
  gatewayUrl: string
  /** Orders that clients were told of. */
  acknowledged: readonly string[]
  /** Ids that were put on the topics past any outbox, on purpose. */
  foreign: readonly string[]
  /** Only events that were written from then on are looked for on the topics and in the inboxes. */
  since: Date
}

/** One check of the auditor. */
export interface Check {
  invariant: number
  what: string
  look(scope: Scope): Promise<Look>
}

/** Carries a check out. */
export const findingOf = async ({ invariant, what, look }: Check, scope: Scope): Promise<Finding> => ({
  invariant,
  what,
  ...(await look(scope)),
})

/** Open orders, in SQL. */
export const OPEN = `('PENDING', 'COUPON_APPLIED', 'STOCK_SECURED')`

const described = (service: string) => describedServices.find(({ name }) => name === service)

/** What a service reacts to: event types by the service that emits them. */
export function heardBy(service: string): Map<string, EventType[]> {
  const heard = new Map<string, EventType[]>()
  const value = described(service)
  for (const type of value ? hears(value) : []) {
    const { producer } = contractOf(type)
    heard.set(producer, [...(heard.get(producer) ?? []), type])
  }
  return heard
}

/** Which of them are its business: see `isMet`. */
export function onlyOf(service: string): Conditions {
  const value = described(service)
  return value ? conditionsOf(value) : {}
}

/** The topics that a service consumes. */
export function topicsOf(service: string): string[] {
  const value = described(service)
  return value ? topicsHeard(value) : []
}
