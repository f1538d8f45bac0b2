import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Service } from '@chorus/chassis'
import {
  least,
  moveGroup,
  movesBack,
  untilEmpty,
  type ConsumerGroup,
  type Move,
} from '@chorus/chassis/operate'
import { StackError } from '@chorus/stack'
import type { Kafka } from 'kafkajs'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { untilStreamed } from '../recover/streamed.js'
import { columnsOf, migrationsOf } from './backup.js'
import { readBackup, type Header } from './file.js'
import { foldLater } from './later.js'

/** What a restore comes to. */
export interface Plan {
  takenAt: string
  rows: Record<string, number>
  moves: Move[]
}

/** What was done. */
export interface Restored extends Plan {
  /** Facts on the topic that the backup did not know. */
  folded: number
  /** False when the database has no slot: what was committed but not yet streamed is lost. */
  streamed: boolean
  /** From the first lock to the commit, ms: the service answers 503 for so long. */
  lockedMs: number
}

export interface RestoreOptions {
  service: Service
  group: ConsumerGroup
  kafka: Kafka
  /** Of the service's database, for a superuser. */
  url: string
  path: string
  pause(): Promise<void>
  resume(): Promise<void>
}

async function refuseOthers(client: pg.Client, { service, path }: RestoreOptions, header: Header) {
  if (header.service !== service.name)
    throw new StackError(
      `${path} is a backup of ${header.service}`,
      `It cannot be put into the database of ${service.name}.`,
      `npx chorus restore ${header.service} ${path}`,
    )
  const migrations = await migrationsOf(client)
  if (migrations.join() !== header.migrations.join())
    throw new StackError(
      `${path} is of another schema`,
      `It was taken after ${header.migrations.at(-1)} (${header.migrations.length} migrations), the database is at ${migrations.at(-1)} (${migrations.length}).`,
      'restore it with the release that it was taken with, then start the newer one',
    )
}

/** Where the group has to go on: never behind what the backup had handled, on these topics or on topics made anew. */
async function movesOf({ kafka, group }: RestoreOptions, { takenAt, offsets }: Header): Promise<Move[]> {
  const moves = await movesBack(kafka, group, new Date(takenAt))
  return moves.map((move) => ({
    ...move,
    offset: least(offsets[`${move.topic}/${move.partition}`] ?? '0', move.offset),
  }))
}

/** Looks at a whole backup and says what restoring it comes to. Changes nothing. @throws StackError when it does not fit */
export async function planRestore(options: RestoreOptions): Promise<Plan> {
  const client = new pg.Client({ connectionString: options.url })
  await client.connect()
  try {
    let plan: Omit<Plan, 'rows'> | undefined
    const rows = await readBackup(options.path, {
      async header(header) {
        await refuseOthers(client, options, header)
        plan = { takenAt: header.takenAt, moves: await movesOf(options, header) }
      },
      async section(_, lines) {
        while (!(await lines.next()).done);
      },
    })
    return { ...plan!, rows }
  } finally {
    await client.end()
  }
}

/** Rows of days whose partition is gone move into one of their own, so that they are dropped when they are old enough. */
const PUT_RIGHT = `
  SELECT partitions.make('outbox', day) FROM (SELECT DISTINCT date_bin('1 day', created_at, '2020-01-01Z') AS day FROM partitions.outbox_default) d;
  SELECT setval('outbox_position_seq', greatest((SELECT coalesce(max(position), 1) FROM outbox), (SELECT last_value FROM outbox_position_seq)));
`

/** What was handled since is no longer set aside. */
const LET_GO = 'DELETE FROM dead_letters WHERE event_id IN (SELECT id::text FROM inbox)'

async function fill(client: pg.Client, path: string): Promise<Record<string, number>> {
  return readBackup(path, {
    header: () => Promise.resolve(),
    async section(section, lines) {
      await client.query(`TRUNCATE public.${section.table}`)
      const copy = client.query(copyFrom(`COPY public.${section.table} (${columnsOf(section)}) FROM STDIN`))
      await pipeline(Readable.from(lines), copy)
    },
  })
}

async function inOneTransaction(client: pg.Client, options: RestoreOptions, takenAt: Date) {
  const { service, kafka, url, path } = options
  const beginning = Date.now()
  // Every transaction of the service begins with its inbox: whoever holds that holds the service.
  await client.query('BEGIN; LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE')
  const streamed = await untilStreamed(url)
  // What comes back into the outbox is on its topic already: it is not told a second time.
  await client.query(`ALTER PUBLICATION outbox_pub SET (publish = '')`)
  await fill(client, path)
  await client.query(PUT_RIGHT)
  const folded = await foldLater(client, kafka, service, takenAt)
  await client.query(LET_GO)
  await client.query(`ALTER PUBLICATION outbox_pub SET (publish = 'insert'); COMMIT`)
  return { folded, streamed, lockedMs: Date.now() - beginning }
}

/**
 * Puts a backup into a service's database, folds what its topic knows since, and sets its group back to where it
 * stood then: the inbox takes of the others' events what it does not know. The service waits meanwhile. Done twice
 * it does the same.
 * @throws StackError when the backup does not fit, the topic has gaps or the group cannot be emptied; nothing was
 * changed then
 */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const plan = await planRestore(options)
  const { group, kafka, url, pause, resume } = options
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await pause()
    await untilEmpty(kafka, group.name)
    const restored = await inOneTransaction(client, options, new Date(plan.takenAt))
    await moveGroup(kafka, group.name, plan.moves)
    return { ...plan, ...restored }
  } finally {
    await Promise.all([client.end(), resume()])
  }
}
