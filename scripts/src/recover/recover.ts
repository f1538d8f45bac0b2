import type { Service } from '@chorus/chassis'
import { moveGroup, movesBack, untilEmpty, type ConsumerGroup, type Move } from '@chorus/chassis/operate'
import type { Fold } from '@chorus/chassis/recovery'
import { StackError } from '@chorus/stack'
import type { Kafka } from 'kafkajs'
import pg from 'pg'
import { copyInto } from './copy.js'
import { rebuild, type Account, type Rebuilt } from './rebuild.js'
import { untilStreamed } from './streamed.js'
import { contentsOf, writeRows, type Contents } from './written.js'

/** What was done. */
export interface Recovered extends Account {
  tables: Contents[]
  /** Ids in the inbox, made from what the facts name as their causes. */
  inbox: number
  moves: Move[]
  /** False when the database has no slot: what was committed but not yet streamed is not in the rows. */
  streamed: boolean
  /** Reading and folding, ms. */
  foldMs: number
  /** Writing rows and inbox, ms. */
  writeMs: number
  /** From the first lock to the commit, ms: the service answers 503 for so long. */
  lockedMs: number
}

export interface RecoverOptions {
  service: Service
  group: ConsumerGroup
  kafka: Kafka
  /** Of the service's database, with a role that may truncate its tables. */
  url: string
  /** How far the group is set back, ms. */
  marginMs: number
  pause(): Promise<void>
  resume(): Promise<void>
  onProgress?(account: Account): void
}

/** Enters what was handled. A command's hash is kept where it was known: it tells a repeated request from another. */
async function refillInbox(client: pg.Client, { handled }: Rebuilt): Promise<number> {
  const { rows } = await client.query<{ id: string; hash: string }>(
    'SELECT id, hash FROM inbox WHERE hash IS NOT NULL',
  )
  const hashes = new Map(rows.map(({ id, hash }) => [id, hash]))
  await client.query('TRUNCATE inbox')
  const entries = [...handled].map(([id, at]) => [id, hashes.get(id), at])
  await copyInto(client, 'inbox', ['id', 'hash', 'received_at'], entries)
  return handled.size
}

/** @throws StackError when facts cannot be folded, because one before them is not on the topic */
export function refuseGaps(fold: Fold, service: string): void {
  if (fold.gaps === 0) return
  throw new StackError(
    `The topic of ${service} has gaps`,
    `${fold.gaps} facts cannot be folded: one before them is not on the topic. Nothing was changed.`,
    `restore a backup that knows what is missing (npx chorus restore ${service} <file>), or use a copy of the topic that is whole`,
  )
}

async function inOneTransaction(
  client: pg.Client,
  options: RecoverOptions,
): Promise<Omit<Recovered, 'moves'>> {
  const { service, kafka, url, onProgress } = options
  const beginning = Date.now()
  // Every transaction of the service begins with its inbox: whoever holds that holds the service.
  await client.query('BEGIN; LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE')
  const streamed = await untilStreamed(url)
  const startedAt = Date.now()
  const rebuilt = await rebuild({ kafka, service, ...(onProgress && { onProgress }) })
  const foldMs = Date.now() - startedAt
  refuseGaps(rebuilt.fold, service.name)
  const foldedAt = Date.now()
  const names = Object.values(service.tables).map(({ name }) => name)
  await client.query(`TRUNCATE ${names.join(', ')}`)
  await writeRows(client, service, rebuilt)
  const inbox = await refillInbox(client, rebuilt)
  const writeMs = Date.now() - foldedAt
  const tables = await contentsOf(client, service, 'public')
  await client.query('COMMIT')
  const { folded, projected, repeated, foreign } = rebuilt
  const lockedMs = Date.now() - beginning
  return { tables, inbox, streamed, foldMs, writeMs, lockedMs, folded, projected, repeated, foreign }
}

/**
 * Rebuilds a service's tables from topics, in one transaction: its outbox is left alone, its inbox is filled with
 * what its facts name as their causes, and its group is set back, so that what was handled without a trace is handled
 * again. The service waits meanwhile. Done twice it does the same.
 * @throws StackError when the topics have gaps or the group cannot be emptied; nothing was changed then
 */
export async function recover(options: RecoverOptions): Promise<Recovered> {
  const { group, kafka, url, marginMs, pause, resume } = options
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await pause()
    await untilEmpty(kafka, group.name)
    const moves = await movesBack(kafka, group, new Date(Date.now() - marginMs))
    const recovered = await inOneTransaction(client, options)
    await moveGroup(kafka, group.name, moves)
    return { ...recovered, moves }
  } finally {
    await Promise.all([client.end(), resume()])
  }
}
