import type { DeclaredService } from '@chorus/contracts'
import type { KafkaMessage } from 'kafkajs'
import pg from 'pg'
import { text } from '../cloud-events.js'
import { isMet, type Condition } from '../conditions.js'
import type { Move } from './group.js'

/** Events of one type and version in a stretch of a partition. */
export interface Counted {
  type: string
  version: string
  events: number
  /** Of these the inbox knows: they are skipped. */
  known: number
  /** False when they are none of the service's business: they are passed over. */
  heard: boolean
}

/** What comes again of one partition. */
export interface Stretch extends Move {
  counted: Counted[]
}

/** Events of a plan, by what becomes of them. */
export interface Totals {
  events: number
  /** The inbox knows them. */
  known: number
  /** They are none of the service's business. */
  unheard: number
  /** What is left: these are handled. */
  handled: number
}

/** A header of a message, as text; empty when it has none of that name. */
export const headerOf = ({ headers }: KafkaMessage, name: string) => text(String(headers?.[name] ?? ''))

/** What is no JSON is for the service to judge. */
function jsonOf(value: Buffer | null): unknown {
  try {
    return JSON.parse(String(value))
  } catch {
    return undefined
  }
}

const versionOf = (message: KafkaMessage) => headerOf(message, 'ce_dataschema').split(':').at(-1) || '?'

const sum = (some: readonly Counted[], what: 'events' | 'known') =>
  some.reduce((total, one) => total + one[what], 0)

/** Sums up what comes again, or came. */
export function totalsOf(stretches: readonly Stretch[]): Totals {
  const all = stretches.flatMap(({ counted }) => counted)
  const heard = all.filter((one) => one.heard)
  const [events, known, relevant] = [sum(all, 'events'), sum(heard, 'known'), sum(heard, 'events')]
  return { events, known, unheard: events - relevant, handled: relevant - known }
}

/** What a service's inbox knows, and what the service reacts to. */
export class Tally {
  constructor(
    private readonly client: pg.Client,
    private readonly service: Pick<DeclaredService, 'hears' | 'only'>,
  ) {}

  async add(stretch: Stretch, messages: readonly KafkaMessage[]): Promise<void> {
    const known = await this.knownAmong(messages)
    for (const message of messages) {
      const [type, version] = [headerOf(message, 'ce_type'), versionOf(message)]
      const heard = this.hears(type, message)
      let counted = stretch.counted.find(
        (one) => one.type === type && one.version === version && one.heard === heard,
      )
      if (!counted) stretch.counted.push((counted = { type, version, events: 0, known: 0, heard }))
      counted.events++
      if (known.has(headerOf(message, 'ce_id'))) counted.known++
    }
  }

  private hears(type: string, { value }: KafkaMessage): boolean {
    const { hears, only } = this.service
    const condition = only[type] as Condition | undefined
    return type in hears && (condition === undefined || isMet(condition, jsonOf(value)))
  }

  private async knownAmong(messages: readonly KafkaMessage[]): Promise<ReadonlySet<string>> {
    const ids = messages.map((message) => headerOf(message, 'ce_id'))
    // As text: what is no id is not known, and no error either. What was dropped on record is skipped like what is known.
    const { rows } = await this.client.query<{ id: string }>(
      `SELECT id::text FROM inbox WHERE id = ANY (SELECT w::uuid FROM unnest($1::text[]) w WHERE pg_input_is_valid(w, 'uuid'))
       UNION ALL SELECT event_id FROM dropped_letters WHERE event_id = ANY($1::text[])`,
      [ids],
    )
    return new Set(rows.map(({ id }) => id))
  }
}

/** Works with a session of the service's database. @param url of it; reading the inbox is enough */
export async function withTally<T>(
  url: string,
  service: DeclaredService,
  work: (tally: Tally) => Promise<T>,
) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(new Tally(client, service))
  } finally {
    await client.end()
  }
}
