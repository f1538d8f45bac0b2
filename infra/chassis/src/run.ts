import { contractOf } from '@chorus/contracts'
import closeWithGrace from 'close-with-grace'
import type { Server } from 'node:http'
import type { ActionContext } from './admin/context.js'
import { Consumption } from './admin/consumption.js'
import { authenticator } from './auth.js'
import { hearCanaries, measureCanary, sendCanaries } from './canary/canary.js'
import { CANARY, CANARY_TOPIC } from './canary/migration.js'
import { measureCapture } from './capture.js'
import { readMessage } from './cloud-events.js'
import type { ServiceConfig } from './config.js'
import { startConsumer } from './consumer.js'
import type { Message } from './dead-letters.js'
import { openEngine, type Engine } from './engine.js'
import { closeServer, createApp, listen } from './http.js'
import { openKafka } from './kafka.js'
import { measureLag } from './lag.js'
import { CrashGuard } from './letters/crash-guard.js'
import { openReleaser } from './letters/releaser.js'
import { openLog, type Log } from './log.js'
import { migrate } from './migrations.js'
import { readersOf } from './needs.js'
import { conditionsOf, hears, needsOf, type Observation, type Service } from './service.js'
import { startSweeps } from './sweeps.js'
import { retentionOf, startUpkeep } from './upkeep.js'

/** A service that runs. */
export interface RunningService {
  /** Takes no more requests and events, finishes what is at hand, closes everything. */
  stop(): Promise<void>
}

/** The topics that carry what a service reacts to. */
export const topicsHeard = (service: Pick<Service, 'reactions' | 'projections'>): string[] => [
  ...new Set(hears(service).map((type) => `${contractOf(type).producer}.events`)),
]

interface Listener extends Observation {
  types?: ReadonlySet<string>
  /** Called once nothing is under way any more. */
  leave?(): Promise<void>
}

/** What a service does with the messages of a partition: it reacts to them, unless it only observes. */
async function listening(
  service: Service,
  { database: { pool }, executor }: Engine,
  log: Log,
): Promise<Listener> {
  if (service.observes) return service.observes.open({ pool, log })
  const readers = readersOf(needsOf(service), conditionsOf(service))
  const guard = await CrashGuard.open(pool, executor, log)
  const hear = hearCanaries(pool, service.name, log)
  const take = (messages: readonly Message[]) =>
    messages[0]?.topic === CANARY_TOPIC
      ? hear(messages)
      : guard.take(messages.flatMap((message) => readMessage(message, readers) ?? []))
  return {
    group: service.name,
    topics: [...topicsHeard(service), CANARY_TOPIC],
    types: new Set([...readers.keys(), CANARY]),
    take,
    leave: () => guard.close(),
  }
}

/** Serves the routes. */
function serve(
  service: Service,
  config: ServiceConfig,
  { database, ...engine }: Engine,
  actions: ActionContext,
  log: Log,
  ready: () => boolean,
): Promise<Server> {
  const { JWKS_URL: jwksUrl, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = config
  const authenticate = authenticator({ jwksUrl, issuer, audience })
  const app = createApp({ ...engine, service, knex: database.knex, authenticate, actions, log, ready })
  return listen(app, config.HOST, config.PORT)
}

/** The engine of a service, on the newest schema. */
async function migrated(service: Service, config: ServiceConfig, log: Log): Promise<Engine> {
  if (config.MIGRATION_DATABASE_URL)
    await migrate(config.MIGRATION_DATABASE_URL, service.name, service.migrations)
  return openEngine(service, {
    databaseUrl: config.DATABASE_URL,
    batchLimit: config.BATCH_LIMIT,
    tracesUrl: config.OTEL_EXPORTER_OTLP_ENDPOINT,
    log,
  })
}

/** Has the way from the outbox measured, and tried by canaries. */
function watchOutbox({ database: { pool }, metrics }: Engine, config: ServiceConfig, log: Log) {
  measureCapture(metrics.registry, pool, log)
  measureCanary(metrics.registry, pool, log)
  return sendCanaries(pool, config.CANARY_SECONDS, log)
}

/**
 * Starts a service: migrates, consumes, listens.
 * @param onFatal told when it cannot go on
 * @throws Error when any of it fails; the process is then to be ended
 */
export async function start(
  service: Service,
  config: ServiceConfig,
  onFatal: (error: Error) => void,
): Promise<RunningService> {
  const log = openLog(service.name, config.LOG_LEVEL)
  const engine = await migrated(service, config, log)
  const { database, executor, effects, metrics, tracing } = engine
  const releaser = openReleaser(engine, service, log)
  const kafka = openKafka(config.KAFKA_BROKERS.split(','), service.name, log)
  const listener = await listening(service, engine, log)
  const consumption = new Consumption(() =>
    startConsumer({ kafka, ...listener, sessionMs: config.CONSUMER_SESSION_MS, log, onFatal }),
  )
  await consumption.resume()
  const leaveBroker = measureLag(metrics.registry, kafka, listener, log)
  const canaries = service.observes ? [] : [watchOutbox(engine, config, log)]
  let stopping = false
  const actions = { knex: database.knex, releaser, consumption }
  const server = await serve(service, config, engine, actions, log, () => !stopping && consumption.ready())
  effects.start()
  releaser.start()
  const sweeps = startSweeps(service, database.knex, executor, log)
  const upkeep = startUpkeep(database.pool, retentionOf(config), metrics, log)
  const rounds = [...canaries, releaser, ...sweeps, upkeep]
  log.info({ port: config.PORT }, 'listening')
  return {
    stop: async () => {
      stopping = true
      await closeServer(server)
      await Promise.all(rounds.map((one) => one.stop()))
      await consumption.pause()
      await effects.stop()
      await executor.stop()
      await Promise.all([listener.leave?.(), leaveBroker(), tracing?.close()])
      await database.close()
      log.info('stopped')
    },
  }
}

/**
 * Runs a service as a process: until SIGINT or SIGTERM, which stop it gracefully, or a fault, which ends it with
 * exit code 1 so that its supervisor starts it anew.
 */
export async function run(service: Service, config: ServiceConfig): Promise<void> {
  const log = openLog(service.name, config.LOG_LEVEL)
  const die = (error: Error) => {
    log.fatal({ err: error }, 'cannot go on')
    process.exit(1)
  }
  const running = await start(service, config, die).catch(die)
  closeWithGrace({ delay: 10_000, logger: false }, async ({ err }) => {
    if (err) die(err)
    await running.stop()
  })
}
