import { setTimeout as wait } from 'node:timers/promises'
import { addressesOf, connectorOf } from '@chorus/stack'
import { load } from './load.js'
import { outcomeOf } from './outcome.js'
import type { Rig } from './rig.js'
import { ordersOf, type Shelf } from './workload.js'

/** What an outage of the change-data-capture came to. */
export interface Outage {
  seconds: number
  /** Orders that were accepted while nothing was delivered. */
  accepted: number
  /** How fast they ended once it was over, a second. */
  drainedPerSecond: number
}

async function setConnectors(rig: Rig, action: 'pause' | 'resume'): Promise<void> {
  for (const service of rig.run.services) {
    const { connect } = addressesOf(rig.run)
    const { ok, status } = await fetch(`${connect}/connectors/${connectorOf(service)}/${action}`, {
      method: 'PUT',
    })
    if (!ok) throw new Error(`Connect answered ${status} when asked to ${action}`)
  }
}

/**
 * Takes orders while no event is delivered, then lets them all come at once.
 * @param perSecond orders that arrive during the outage
 */
export async function outageOf(rig: Rig, shelf: Shelf, seconds: number, perSecond: number): Promise<Outage> {
  const order = ordersOf({ products: 'uniform', failures: 0 }, shelf)
  await setConnectors(rig, 'pause')
  const loading = load(rig, { arrivals: { kind: 'open', perSecond }, order, warmUpSeconds: 0, seconds })
  await wait(seconds * 1000)
  await setConnectors(rig, 'resume')
  const done = await loading
  const { accepted } = await outcomeOf(rig, done)
  return { seconds, accepted, drainedPerSecond: accepted / (done.drainMs / 1000) }
}
