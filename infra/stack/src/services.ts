import path from 'node:path'
import { existsSync } from 'node:fs'
import { connectUrlOf } from './connect.js'
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
 * @param all an observer is told where they are
 * @throws StackError when it ends or is not ready within two minutes.
 */
export async function startService(
  context: Context,
  service: Deployable,
  passwords: Passwords,
  all: readonly Deployable[] = [service],
): Promise<Part> {
  const env = {
    ...serviceEnv(surroundings(context, service.name), service.name, passwords),
    ...(service.observer && {
      ...observerEnv(addressesFor(context, all), connectUrlOf(context)),
      LOCAL_HOME: context.layout.home,
    }),
    ...context.settings.serviceEnv,
  }
  // Nobody waits for an observer but who looks at it.
  const part = runNode(context, service.name, service.folder, mainOf(service), env, service.observer)
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

/** Where a service finds the other parts, and where it listens. */
export interface Surroundings {
  readonly host: string
  readonly port: number
  /** `host:port` */
  readonly postgres: string
  /** `host:port` */
  readonly kafka: string
  readonly gatewayUrl: string
  readonly jwksUrl: string
}

/**
 * Room for what lives only as long as a batch: with Node's usual 16 MB much of it is copied before it dies. A debugger
 * that is asked for (SIGUSR1) takes any free port of this machine, so that each service can have one.
 */
const nodeFlags = ['--enable-source-maps', '--max-semi-space-size=32', '--inspect-port=127.0.0.1:0']

/** The whole environment of a service, apart from PATH, HOME and TZ. */
export function serviceEnv(
  around: Surroundings,
  service: string,
  passwords: Passwords,
): Record<string, string> {
  const { owner, app } = rolesOf(service)
  return {
    HOST: around.host,
    PORT: String(around.port),
    DATABASE_URL: databaseUrl(around.postgres, service, app, passwords),
    MIGRATION_DATABASE_URL: databaseUrl(around.postgres, service, owner, passwords),
    KAFKA_BROKERS: around.kafka,
    JWKS_URL: around.jwksUrl,
    JWT_ISSUER: jwtIssuer,
    JWT_AUDIENCE: jwtAudience,
    GATEWAY_URL: around.gatewayUrl,
    LOG_LEVEL: 'info',
  }
}

/** What an observer is told besides: where everybody is. @param services addresses by name */
export function observerEnv(
  services: Readonly<Record<string, string>>,
  connectUrl: string,
): Record<string, string> {
  return { SERVICE_URLS: JSON.stringify(services), CONNECT_URL: connectUrl }
}

function addressesFor(context: Context, services: readonly Deployable[]): Record<string, string> {
  const entries = services.map(({ name }) => [name, `http://127.0.0.1:${portOf(context, name)}`])
  return Object.fromEntries(entries) as Record<string, string>
}

/** Address of a service's database for a role. @param server `host:port` of Postgres */
export function databaseUrl(server: string, service: string, role: string, passwords: Passwords): string {
  return `postgres://${role}:${encodeURIComponent(passwords[role] ?? '')}@${server}/${service}`
}

function surroundings(context: Context, service: string): Surroundings {
  return {
    host: '127.0.0.1',
    port: portOf(context, service),
    postgres: `127.0.0.1:${portOf(context, 'postgres')}`,
    kafka: brokerOf(context),
    gatewayUrl: `http://127.0.0.1:${portOf(context, 'gateway')}`,
    jwksUrl: jwksUrl(context.layout),
  }
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
  stepsBack = false,
): Part {
  return context.run({
    name,
    command: process.execPath,
    args: [...nodeFlags, main],
    cwd,
    env: { ...context.settings.inherited, ...env },
    logFile: logOf(context.layout, name),
    stopMs: 15_000,
    stepsBack,
  })
}
