import { withAdmin } from '@chorus/chassis/operate'
import { addressesOf, connectorOf, slotOf } from '@chorus/stack'
import type { Shop } from './shop.js'
import { until, type System } from './system.js'

/** Where failures are inflicted. */
export interface Scene {
  system: System
  shop: Shop
}

/** A way to be quietly broken. */
export interface Failure {
  /** As docs/reliability.md names it. */
  name: string
  part: string
  inflict(scene: Scene): Promise<unknown>
  /** What the doctor says of the part. */
  says: RegExp
  /** Where what the doctor names is for a person to do: what a person would. */
  mend?(scene: Scene): Promise<unknown>
}

/** A failure that one statement makes. */
export const byStatement = (part: string, statement: string) => ({
  part,
  inflict: ({ system }: Scene) => system.sql(part, statement),
})

/** Works with an admin session of the scene's Kafka. */
export const adminOf = <T>({ system }: Scene, work: Parameters<typeof withAdmin<T>>[1]) =>
  withAdmin(system.kafka, work)

/** Asks Connect about the connector of Tally, which nobody else depends on. */
export const connectorOfTally = ({ system }: Scene, path: string, options: RequestInit) =>
  fetch(`${addressesOf(system.run).connect}/connectors/${connectorOf('tally')}/${path}`, options)

/** Stops the connector of Tally and waits until it has let go of its slot. */
export async function stopConnector(scene: Scene): Promise<void> {
  await connectorOfTally(scene, 'stop', { method: 'PUT' })
  await until('the slot of tally to be inactive', async () => {
    const sql = 'SELECT active FROM pg_replication_slots WHERE slot_name = $1'
    const [slot] = await scene.system.sql<{ active: boolean }>('tally', sql, [slotOf('tally')])
    return slot?.active === false
  })
}

/** For what an earlier failure has broken already, or a later one mends too. */
export const nothing = () => Promise.resolve()
