import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { StackError } from './errors.js'

/** Everything that can be chosen about one stack. Folders are absolute. */
export interface Settings {
  /** The repository: where infra/kafka, infra/connect and services/ are. */
  readonly repo: string
  /** Data, logs, keys and run files of this one stack. */
  readonly home: string
  /** What was downloaded; shared by all stacks. */
  readonly cache: string
  readonly servicesDir: string
  /** Whether services that only watch are started too. */
  readonly observers: boolean
  /** Script of the gateway sandbox; undefined when there is none to start. */
  readonly gatewayMain: string | undefined
  /** Pick a free port for every part that has no port of its own in `ports`. */
  readonly freePorts: boolean
  /** Ports that were asked for by name of part (`CHORUS_PORT_<NAME>`). */
  readonly ports: Readonly<Record<string, number>>
  /** Partitions of a new events topic. */
  readonly partitions: number
  /** Further variables for every service (`CHORUS_ENV_<NAME>`). */
  readonly serviceEnv: Readonly<Record<string, string>>
  /** What a child process inherits: PATH, HOME and TZ, where set. */
  readonly inherited: Readonly<Record<string, string>>
  /** What the JVMs of Kafka and Connect inherit too: JDK_JAVA_OPTIONS, where set. */
  readonly javaEnv: Readonly<Record<string, string>>
}

/** What a caller may decide instead of the environment. */
export type SettingsOverrides = Partial<
  Pick<
    Settings,
    'home' | 'cache' | 'servicesDir' | 'observers' | 'freePorts' | 'gatewayMain' | 'serviceEnv' | 'partitions'
  >
>

const repo = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..')

/**
 * Reads the settings from the environment; `overrides` win.
 * @throws StackError naming the variable when a value is of no use.
 */
export function loadSettings(
  overrides: SettingsOverrides = {},
  env: NodeJS.ProcessEnv = process.env,
): Settings {
  const gateway = path.join(repo, 'infra/gateway-sandbox/dist/main.js')
  return {
    repo,
    home: path.resolve(overrides.home ?? (env['CHORUS_HOME'] || path.join(repo, '.chorus'))),
    cache: path.resolve(overrides.cache ?? (env['CHORUS_CACHE'] || path.join(repo, '.cache'))),
    servicesDir: path.resolve(
      overrides.servicesDir ?? (env['CHORUS_SERVICES_DIR'] || path.join(repo, 'services')),
    ),
    observers: overrides.observers ?? true,
    gatewayMain:
      'gatewayMain' in overrides ? overrides.gatewayMain : existsSync(gateway) ? gateway : undefined,
    freePorts: overrides.freePorts ?? false,
    ports: Object.fromEntries(
      withPrefix(env, 'CHORUS_PORT_').map(([name, value]) => [
        name.toLowerCase().replaceAll('_', '-'),
        whole(`CHORUS_PORT_${name}`, value, 1, 65_535),
      ]),
    ),
    partitions: overrides.partitions ?? whole('CHORUS_PARTITIONS', env['CHORUS_PARTITIONS'] || '4', 1, 1000),
    serviceEnv: { ...Object.fromEntries(withPrefix(env, 'CHORUS_ENV_')), ...overrides.serviceEnv },
    inherited: among(env, ['PATH', 'HOME', 'TZ']),
    javaEnv: among(env, ['JDK_JAVA_OPTIONS']),
  }
}

/** What the one-shot containers of docker-compose.yml work with. */
export interface ContainerSettings extends Pick<Settings, 'repo' | 'home' | 'partitions' | 'serviceEnv'> {
  /** `host:port` */
  readonly postgres: string
  readonly superuserPassword: string
  /** `host:port` */
  readonly kafka: string
  readonly connectUrl: string
  readonly gatewayUrl: string
}

/**
 * Reads the addresses of the containers from the environment.
 * @throws StackError naming the variable that is missing.
 */
export function loadContainerSettings(env: NodeJS.ProcessEnv = process.env): ContainerSettings {
  const { repo, home, partitions, serviceEnv } = loadSettings({}, env)
  const needed = (name: string) => {
    const value = env[name]
    if (value) return value
    throw new StackError(
      `${name} is missing`,
      'This runs in a container of docker-compose.yml.',
      `set ${name}`,
    )
  }
  return {
    repo,
    home,
    partitions,
    serviceEnv,
    postgres: needed('POSTGRES_ADDRESS'),
    superuserPassword: needed('POSTGRES_PASSWORD'),
    kafka: needed('KAFKA_BROKERS'),
    connectUrl: needed('CONNECT_URL'),
    gatewayUrl: needed('GATEWAY_URL'),
  }
}

/** The variable that sets the port of a part. */
export function portVariable(part: string): string {
  return `CHORUS_PORT_${part.toUpperCase().replaceAll('-', '_')}`
}

/** Those of these variables that are set. */
const among = (env: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])))

function withPrefix(env: NodeJS.ProcessEnv, prefix: string): [string, string][] {
  return Object.entries(env).flatMap(([name, value]): [string, string][] =>
    name.startsWith(prefix) && name !== prefix && value ? [[name.slice(prefix.length), value]] : [],
  )
}

function whole(variable: string, value: string, least: number, most: number): number {
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN
  if (number >= least && number <= most) return number
  throw new StackError(
    `${variable} cannot be "${value}"`,
    `It must be a whole number from ${least} to ${most}.`,
    `unset ${variable}, or set it to such a number`,
  )
}
