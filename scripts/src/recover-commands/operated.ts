import type { Service } from '@chorus/chassis'
import { groupOf, type ConsumerGroup } from '@chorus/chassis/operate'
import { topology, type DeclaredService } from '@chorus/contracts'
import { databaseUrlOf, type RunFile } from '@chorus/stack'
import type { Kafka } from 'kafkajs'
import { kafkaOf } from '../kafka.js'
import { clientOf } from '../client.js'
import { describedServices } from '../services.js'

/** Names of the services that keep rows of their own. */
export const serviceNames = describedServices
  .filter(({ tables }) => Object.keys(tables).length > 0)
  .map(({ name }) => name)

/** A service of a run, with what it takes to work on it. */
export interface OperatedService {
  service: Service
  /** As it declares itself. */
  declared: DeclaredService
  group: ConsumerGroup
  kafka: Kafka
  /** Of its database, for the superuser. */
  url: string
  /** Takes it out of its consumer group; requests are still answered. */
  pause(): Promise<void>
  /** Lets it consume again. */
  resume(): Promise<void>
}

/** Finds a service of a run. */
export async function operatedService(run: RunFile, name: string): Promise<OperatedService> {
  const client = await clientOf(run, 'operator', true)
  const act = async (what: string) => void (await client.post(name, `/admin/consumption/${what}`, {}))
  const declared = topology.services.find((service) => service.name === name)!
  return {
    service: describedServices.find((service) => service.name === name)!,
    declared,
    group: groupOf(declared),
    kafka: kafkaOf(run, 'chorus'),
    url: databaseUrlOf(run, name),
    pause: () => act('pause'),
    resume: () => act('resume'),
  }
}
