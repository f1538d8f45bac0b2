import { DeadLetters, type Place } from '@chorus/chassis/operate'
import type { RunFile } from '@chorus/stack'
import { InvalidArgumentError } from 'commander'
import { clientOf } from '../client.js'

/** Reads `topic/partition/offset`. @throws InvalidArgumentError when it is not that */
export function placeIn(text: string): Place {
  const [, topic, partition, offset] = /^([\w.-]+)\/(\d{1,9})\/(\d{1,18})$/.exec(text) ?? []
  if (topic === undefined)
    throw new InvalidArgumentError('It must be topic/partition/offset: order.events/2/15.')
  return { topic, partition: Number(partition), offset: offset! }
}

/** The dead letters of a run. @param service only of this one @throws Error when there is no such service */
export async function lettersOf(run: RunFile, service?: string): Promise<DeadLetters> {
  if (service !== undefined && !run.services.includes(service))
    throw new Error(`there is no service ${service}: there are ${run.services.join(', ')}`)
  const client = await clientOf(run, 'operator', true)
  return new DeadLetters(
    (name, path, body) => (body ? client.post(name, path, body) : client.get(name, path)),
    service === undefined ? run.services : [service],
  )
}
