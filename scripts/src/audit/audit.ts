import { openKafka, openLog } from '@chorus/chassis'
import { Databases } from './databases.js'
import { inboxCheck, topicFindings } from './delivery.js'
import type { Finding } from './finding.js'
import { goodsChecks } from './goods.js'
import { historyChecks } from './histories.js'
import { moneyFindings } from './money.js'
import { orderChecks } from './orders.js'
import { restChecks } from './rest.js'
import { findingOf, type Scope } from './scope.js'

/** Where the parts of a system are. */
export interface Addresses {
  /** By service, of a role that may read everything and make temporary tables. */
  databases: Readonly<Record<string, string>>
  /** host:port of a broker. */
  broker: string
  /** Of the payment gateway, whose books are looked at. */
  gatewayUrl: string
}

/** What to look at, and with what knowledge from outside. */
export interface AuditOptions {
  /** Orders that clients were told of: all of them must be there. */
  acknowledged?: readonly string[]
  /** Ids that were put on the topics past any outbox, on purpose. */
  foreign?: readonly string[]
  /** Leaves the reading of the topics out, which takes the longest. */
  skipTopics?: boolean
  /** Looks on the topics and in the inboxes only for events that were written from then on. */
  since?: Date
  /** Told before each check. */
  onProgress?(what: string): void
}

const DATABASE_CHECKS = [...orderChecks, ...goodsChecks, ...historyChecks, inboxCheck, ...restChecks]

async function lookAt(scope: Scope, { skipTopics, onProgress }: AuditOptions): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const check of DATABASE_CHECKS) {
    onProgress?.(check.what)
    findings.push(await findingOf(check, scope))
  }
  onProgress?.('the gateway’s books')
  findings.push(...(await moneyFindings(scope)))
  if (skipTopics) return findings
  onProgress?.('the topics')
  return [...findings, ...(await topicFindings(scope))]
}

/** Opens what checks look at. Close it afterwards. */
export function openScope(
  addresses: Addresses,
  { acknowledged = [], foreign = [], since = new Date(0) }: AuditOptions,
): { scope: Scope; close(): Promise<unknown> } {
  const databases = new Databases(addresses.databases)
  const kafka = openKafka([addresses.broker], 'chorus-audit', openLog('chorus', 'silent'))
  const { gatewayUrl } = addresses
  const scope = { databases, kafka, gatewayUrl, acknowledged, foreign, since }
  return { scope, close: () => databases.close() }
}

/**
 * Looks over databases, topics and the gateway's books for anything lost, doubled or stuck. The system must have come
 * to rest: what is still on its way looks like something lost. Nothing is changed.
 * @returns one finding a check, by invariant; the system holds when none has anything broken
 * @throws Error when a database, the broker or the gateway cannot be reached
 */
export async function audit(addresses: Addresses, options: AuditOptions = {}): Promise<Finding[]> {
  const { scope, close } = openScope(addresses, options)
  try {
    return (await lookAt(scope, options)).toSorted((a, b) => a.invariant - b.invariant)
  } finally {
    await close()
  }
}
