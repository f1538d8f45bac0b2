import knex, { type Knex } from 'knex'
import { baseMigration } from './base-migration.js'
import { canaryMigration } from './canary/migration.js'
import { lettersMigration } from './letters/migration.js'

/** One step of a schema, never changed once it was released. */
export interface Migration {
  name: string
  up(knex: Knex): Promise<unknown>
}

/** Any number of processes may start at once; one migrates. The number is only unlikely to be used by others. */
const LOCK = 7_265_301

/**
 * Brings a service's database to its newest schema. A second start finds nothing to do.
 * @param url with the role that owns the database; the runtime role cannot change a schema
 */
export async function migrate(url: string, service: string, own: readonly Migration[]): Promise<void> {
  const db = knex({ client: 'pg', connection: url, pool: { min: 1, max: 1 } })
  const all = [baseMigration(service), lettersMigration(service), canaryMigration(service), ...own]
  const migrationSource = {
    getMigrations: () => Promise.resolve(all.map(({ name }) => name)),
    getMigrationName: (name: string) => name,
    getMigration: (name: string) =>
      Promise.resolve({ up: all.find((m) => m.name === name)!.up, down: () => Promise.resolve() }),
  }
  const guard = knex({ client: 'pg', connection: url, pool: { min: 1, max: 1 } })
  try {
    await guard.raw('SELECT pg_advisory_lock(?)', [LOCK])
    const config = { migrationSource, tableName: 'migrations' }
    // We hold the advisory lock, so a lock row in the table can only be left from a process that was killed.
    if (await db.schema.hasTable('migrations_lock')) await db.migrate.forceFreeMigrationsLock(config)
    await db.migrate.latest(config)
  } finally {
    await Promise.all([db.destroy(), guard.destroy()])
  }
}
