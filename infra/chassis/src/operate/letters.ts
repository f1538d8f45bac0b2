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

/** One request to a service, as an admin: with a body it is a POST. @throws Error when it is refused */
export type Ask = <View>(service: string, path: string, body?: object) => Promise<View>

/** The dead letters of services, over their admin interface. */
export class DeadLetters {
  constructor(
    private readonly ask: Ask,
    private readonly services: readonly string[],
  ) {}

  /**
   * What is set aside, service by service.
   * @param limit letters of a service, at most
   * @param only letters in this state, or with headers and payload
   */
  find(
    choice: Choice,
    limit: number,
    only: { state?: Letter['state']; whole?: boolean } = {},
  ): Promise<Letters[]> {
    const pairs = Object.entries({ ...choice, limit, ...only }).map(([name, value]) => [name, String(value)])
    const query = new URLSearchParams(Object.fromEntries(pairs) as Record<string, string>).toString()
    return Promise.all(
      this.services.map(async (service) => ({
        service,
        ...(await this.ask<Omit<Letters, 'service'>>(service, `/admin/dead-letters?${query}`)),
      })),
    )
  }

  /** Lets letters go. @returns how many */
  async release(choice: Choice): Promise<number> {
    const body = Object.keys(choice).length === 0 ? { all: true } : choice
    const released = this.services.map((service) =>
      this.ask<{ released: number }>(service, '/admin/dead-letters/release', body),
    )
    return (await Promise.all(released)).reduce((sum, { released: n }) => sum + n, 0)
  }

  /** Gives one letter of the first service up. */
  async drop(place: Place, why: string): Promise<void> {
    await this.ask(this.services[0]!, '/admin/dead-letters/drop', { ...place, why })
  }
}
