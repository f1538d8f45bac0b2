import type { RunFile } from '@chorus/stack'
import { InvalidArgumentError } from 'commander'
import { clientOf, type Client } from '../client.js'

/** A message that a service set aside, as its admin interface shows it. */
export interface Letter {
  topic: string
  partition: number
  offset: string
  key: string | null
  eventId: string | null
  type: string | null
  state: 'DEAD' | 'WAITING'
  reason: string
  detail: string | null
  attempts: number
  firstAt: string
  lastAt: string
  released: boolean
  behind: number
  headers?: Record<string, string>
  payload?: string | null
}

/** What is set aside in one service. */
export interface Letters {
  service: string
  dead: number
  waiting: number
  keys: number
  items: Letter[]
}

/** Where a message stands. */
export interface Place {
  topic: string
  partition: number
  offset: string
}

/** Which letters: those of a key, or one; all when nothing is said. */
export type Choice = Partial<Place & { key: string }>

/** Where a letter stands, as people write it. */
export const placeOf = ({ topic, partition, offset }: Place) => `${topic}/${partition}/${offset}`

/** Reads `topic/partition/offset`. @throws InvalidArgumentError when it is not that */
export function placeIn(text: string): Place {
  const [, topic, partition, offset] = /^([\w.-]+)\/(\d{1,9})\/(\d{1,18})$/.exec(text) ?? []
  if (topic === undefined)
    throw new InvalidArgumentError('It must be topic/partition/offset: order.events/2/15.')
  return { topic, partition: Number(partition), offset: offset! }
}

/** The dead letters of a run, over the admin interface of its services. */
export class DeadLetters {
  private constructor(
    private readonly client: Client,
    private readonly services: readonly string[],
  ) {}

  /** @param service only this one @throws Error when there is no such service */
  static async of(run: RunFile, service?: string): Promise<DeadLetters> {
    if (service !== undefined && !run.services.includes(service))
      throw new Error(`there is no service ${service}: there are ${run.services.join(', ')}`)
    return new DeadLetters(
      await clientOf(run, 'operator', true),
      service === undefined ? run.services : [service],
    )
  }

  /** What is set aside, service by service. */
  find(choice: Choice, limit: number, whole = false): Promise<Letters[]> {
    const pairs = Object.entries({ ...choice, limit, whole }).map(([name, value]) => [name, String(value)])
    const query = new URLSearchParams(Object.fromEntries(pairs) as Record<string, string>).toString()
    return Promise.all(
      this.services.map(async (service) => ({
        service,
        ...(await this.client.get<Omit<Letters, 'service'>>(service, `/admin/dead-letters?${query}`)),
      })),
    )
  }

  /** Lets letters go. @returns how many */
  async release(choice: Choice): Promise<number> {
    const body = Object.keys(choice).length === 0 ? { all: true } : choice
    const released = this.services.map((service) =>
      this.client.post<{ released: number }>(service, '/admin/dead-letters/release', body),
    )
    return (await Promise.all(released)).reduce((sum, { released: n }) => sum + n, 0)
  }

  /** Gives one letter up. */
  async drop(place: Place, why: string): Promise<void> {
    await this.client.post(this.services[0]!, '/admin/dead-letters/drop', { ...place, why })
  }
}
