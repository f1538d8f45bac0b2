import type { System } from './system.js'

/** Tables that say nothing about the state of the business: what was handled, when, and by whom. */
const BOOKKEEPING = ['inbox', 'migrations', 'migrations_lock', 'running_processes', 'begun_batches', 'canary']

/** Every row of every service's tables, as text, with the outbox and the dead letters, without the inbox. */
export async function allRows(system: System): Promise<Record<string, string[]>> {
  const state: Record<string, string[]> = {}
  for (const service of system.run.services) {
    const tables = await system.sql<{ name: string }>(
      service,
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL($1) ORDER BY 1`,
      [BOOKKEEPING],
    )
    for (const { name } of tables) {
      const rows = await system.sql<{ row: string }>(
        service,
        `SELECT t::text AS row FROM ${name} t ORDER BY 1`,
      )
      state[`${service}.${name}`] = rows.map(({ row }) => row)
    }
  }
  return state
}
