import path from 'node:path'
import { existsSync } from 'node:fs'
import { portOf, type Context } from './context.js'
import { rolesOf } from './databases.js'
import type { Deployable } from './deployables.js'
import { StackError } from './errors.js'
import { brokerOf } from './kafka.js'
import { jwksUrl, jwtAudience, jwtIssuer, type Passwords } from './keys.js'
import { logOf } from './layout.js'
import { answers, untilReady } from './ready.js'
import type { Part } from './supervisor.js'

/**
 * Starts a service and waits until it says that it is ready (it migrates its own database first).
 * @throws StackError when it ends or is not ready within two minutes.
 */
export async function startService(
  context: Context,
  service: Deployable,
  passwords: Passwords,
): Promise<Part> {
  const part = runNode(context, service.name, service.folder, mainOf(service), {
    ...serviceEnv(context, service.name, passwords),
    ...context.settings.serviceEnv,
  })
  const patience = { limitMs: 120_000, abort: context.abort, mend: `npx chorus logs ${service.name}` }
  await untilReady(
    part,
    async () => await answers(`http://127.0.0.1:${portOf(context, service.name)}/readyz`),
    patience,
  )
  return part
}

/**
 * Starts the stand-in for the payment gateway, if there is one.
 * @throws StackError when it ends or does not answer within a minute.
 */
export async function startGateway(context: Context): Promise<Part | undefined> {
  const main = context.settings.gatewayMain
  if (main === undefined) return undefined
  const port = portOf(context, 'gateway')
  const part = runNode(context, 'gateway', path.dirname(path.dirname(main)), main, {
    HOST: '127.0.0.1',
    PORT: String(port),
    LEDGER_FILE: context.layout.gatewayLedger,
    LOG_LEVEL: 'info',
  })
  const patience = { limitMs: 60_000, abort: context.abort, mend: 'npx chorus logs gateway' }
  // any answer will do: the port is open
  await untilReady(part, async () => await fetch(`http://127.0.0.1:${port}/readyz`), patience)
  return part
}

/** @throws StackError naming the services that are not built. */
export function checkBuilt(services: readonly Deployable[]): void {
  const missing = services.filter((service) => !existsSync(mainOf(service)))
  if (missing.length === 0) return
  const names = missing.map(({ name }) => name).join(', ')
  throw new StackError(
    `Not built: ${names}`,
    `${missing.map(mainOf).join(', ')} is missing.`,
    'npm run build',
  )
}

/** The whole environment of a service, apart from PATH, HOME and TZ. */
export function serviceEnv(context: Context, service: string, passwords: Passwords): Record<string, string> {
  const { owner, app } = rolesOf(service)
  return {
    HOST: '127.0.0.1',
    PORT: String(portOf(context, service)),
    DATABASE_URL: databaseUrl(context, service, app, passwords),
    MIGRATION_DATABASE_URL: databaseUrl(context, service, owner, passwords),
    KAFKA_BROKERS: brokerOf(context),
    JWKS_URL: jwksUrl(context.layout),
    JWT_ISSUER: jwtIssuer,
    JWT_AUDIENCE: jwtAudience,
    GATEWAY_URL: `http://127.0.0.1:${portOf(context, 'gateway')}`,
    LOG_LEVEL: 'info',
  }
}

/** Address of a service's database for a role. */
export function databaseUrl(
  context: Pick<Context, 'ports'>,
  service: string,
  role: string,
  passwords: Passwords,
): string {
  const password = encodeURIComponent(passwords[role] ?? '')
  return `postgres://${role}:${password}@127.0.0.1:${portOf(context, 'postgres')}/${service}`
}

function mainOf({ folder }: Deployable): string {
  return path.join(folder, 'dist', 'main.js')
}

function runNode(
  context: Context,
  name: string,
  cwd: string,
  main: string,
  env: Record<string, string>,
): Part {
  return context.run({
    name,
    command: process.execPath,
    args: ['--enable-source-maps', main],
    cwd,
    env: { ...context.settings.inherited, ...env },
    logFile: logOf(context.layout, name),
    stopMs: 15_000,
  })
}
