import { escapeIdentifier, escapeLiteral, type Client } from 'pg'
import type { Passwords } from './keys.js'

/** The three roles of a service: it owns (migrations), it runs (app), it is read by Debezium (cdc). */
export function rolesOf(service: string): { owner: string; app: string; cdc: string } {
  return { owner: `${service}_owner`, app: `${service}_app`, cdc: `${service}_cdc` }
}

/**
 * Makes the database and roles of each service where they are missing.
 * Tables are granted by the service's own migrations.
 * @param server a session of a superuser in the database postgres; `openDatabase` opens one elsewhere.
 */
export async function provisionDatabases(
  server: Client,
  openDatabase: (name: string) => Promise<Client>,
  services: readonly string[],
  passwords: Passwords,
): Promise<void> {
  await server.query('REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC')
  for (const service of services) await makeRoles(server, service, passwords)
  const { rows } = await server.query<{ datname: string }>('SELECT datname FROM pg_database')
  const known = new Set(rows.map(({ datname }) => datname))
  for (const service of services) {
    const { owner, app, cdc } = quoted(service)
    const database = escapeIdentifier(service)
    if (!known.has(service)) await server.query(`CREATE DATABASE ${database} OWNER ${owner}`)
    await server.query(
      `REVOKE ALL ON DATABASE ${database} FROM PUBLIC; GRANT CONNECT ON DATABASE ${database} TO ${app}, ${cdc}`,
    )
    const inside = await openDatabase(service)
    try {
      await inside.query(`GRANT USAGE ON SCHEMA public TO ${app}, ${cdc}`)
    } finally {
      await inside.end()
    }
  }
}

async function makeRoles(server: Client, service: string, passwords: Passwords): Promise<void> {
  for (const [kind, role] of Object.entries(rolesOf(service))) {
    const { rowCount } = await server.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role])
    if (rowCount !== 0) continue
    const rights = kind === 'cdc' ? 'LOGIN REPLICATION' : 'LOGIN'
    const password = escapeLiteral(passwords[role] ?? '')
    await server.query(`CREATE ROLE ${escapeIdentifier(role)} ${rights} PASSWORD ${password}`)
  }
}

function quoted(service: string) {
  const { owner, app, cdc } = rolesOf(service)
  return { owner: escapeIdentifier(owner), app: escapeIdentifier(app), cdc: escapeIdentifier(cdc) }
}
