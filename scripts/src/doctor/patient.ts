import { databaseUrlOf, pinnedVersions, type RunFile, type Versions } from '@chorus/stack'
import type { Admin } from 'kafkajs'
import pg from 'pg'
import { kafkaOf } from '../kafka.js'

/** Something that is quietly broken, and what mends it. */
export interface Trouble {
  /** Of which part: a service, or a part of the infrastructure. */
  part: string
  what: string
  /** A command, or SQL for the database of the part. */
  mend: string
}

/** One thing that is looked at. */
export interface Check {
  name: string
  look(patient: Patient): Promise<Trouble[]>
}

/** A running stack, as checks see it. */
export interface Patient {
  run: RunFile
  admin: Admin
  /** Queries the database of a service as its server's superuser. */
  sql<Row extends pg.QueryResultRow>(service: string, query: string, values?: unknown[]): Promise<Row[]>
  /** This machine's clock, ms. */
  now(): number
  /** From how much of free disk on there is no trouble, bytes. */
  enoughDiskBytes: number
  /** How long a process may take to say that it is ready. */
  answerMs: number
  /** How long a service may consume nothing of what is there for it. */
  stuckMs: number
  /** How long a connector may send no heartbeat; they come every two seconds. */
  silentMs: number
  /** How long ago the last canary that came back may have been sent; one is sent every ten seconds. */
  deafMs: number
  /** How much of the log a slot may keep that is read; Postgres gives it up at 1 GB. */
  mostKeptBytes: number
  /** How long a transaction may be open. */
  longestMs: number
  /** What everything is expected to be. */
  versions: Versions
}

/** What may be known better than the machine says, or waited for longer. */
export type Known = Omit<Patient, 'run' | 'admin' | 'sql'>

const usual = (): Known => ({
  now: Date.now,
  enoughDiskBytes: 2 * 1024 ** 3,
  answerMs: 2000,
  stuckMs: 2000,
  silentMs: 6000,
  deafMs: 20_000,
  mostKeptBytes: 512 * 1024 ** 2,
  longestMs: 300_000,
  versions: pinnedVersions(),
})

/** Reaches a stack: Kafka at once, databases when they are asked. Close it afterwards. */
export async function openPatient(run: RunFile): Promise<Patient & { close(): Promise<void> }> {
  const kafka = kafkaOf(run, 'chorus-doctor')
  const admin = kafka.admin({ retry: { retries: 1 } })
  await admin.connect()
  const pools = new Map<string, pg.Pool>()
  const poolOf = (service: string) => {
    const known = pools.get(service)
    if (known) return known
    const connectionString = databaseUrlOf(run, service)
    const pool = new pg.Pool({ connectionString, max: 2, connectionTimeoutMillis: 5000 })
    pool.on('error', () => {})
    pools.set(service, pool)
    return pool
  }
  return {
    run,
    admin,
    sql: async <Row extends pg.QueryResultRow>(service: string, query: string, values: unknown[] = []) =>
      (await poolOf(service).query<Row>(query, values)).rows,
    ...usual(),
    close: async () => {
      await admin.disconnect()
      await Promise.all([...pools.values()].map((pool) => pool.end()))
    },
  }
}

/** Asks the same of every service. */
export const ofEach = async (
  { run }: Patient,
  ask: (service: string) => Promise<readonly Trouble[]>,
): Promise<Trouble[]> => (await Promise.all(run.services.map(ask))).flat()

/** The command that makes the way from an outbox to its topic anew. */
export const redriveOf = (service: string): string => `npx chorus redrive ${service} --yes`
