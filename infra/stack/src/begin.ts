import { connectUrlOf, startConnect } from './connect.js'
import { connectorOf, putConnector, renderConnector, resumeConnector } from './connectors.js'
import { portOf, type Context } from './context.js'
import { provisionDatabases } from './databases.js'
import { emitters, type Deployable } from './deployables.js'
import { Interrupted } from './errors.js'
import type { Java } from './jvm.js'
import { brokerOf, startKafka } from './kafka.js'
import { writeConnectSecrets, type Passwords } from './keys.js'
import { connectAsSuperuser, startPostgres } from './postgres.js'
import { startGateway, startService } from './services.js'
import { forgetForeignPlace, untilStreaming } from './streaming.js'
import { provisionTopics } from './topics.js'

/** Runs one step of the start and tells how it goes. */
export type Step = <T>(name: string, work: () => Promise<T>) => Promise<T>

/** What the start has to work with. */
export interface Ingredients {
  readonly java: Java
  readonly passwords: Passwords
  readonly deployables: readonly Deployable[]
}

/**
 * Starts all parts, each as soon as what it needs is there. Connect is the slowest to start and needs nobody's
 * answer for most of it, so it starts at once, beside the broker.
 * @returns the connector configurations by service.
 * @throws the first failure.
 */
export async function beginAll(
  context: Context,
  { java, passwords, deployables }: Ingredients,
  step: Step,
): Promise<Map<string, Record<string, string>>> {
  const names = deployables.map(({ name }) => name)
  const emitting = emitters(deployables).map(({ name }) => name)
  const passwordFile = writeConnectSecrets(context.layout, passwords)
  const configs = new Map(
    emitting.map((service) => [service, connectorConfig(context, service, passwordFile)]),
  )

  const kafka = step('kafka', async () => await startKafka(context, java))
  const connect = step('connect', async () => await startConnect(context, java))
  const databases = step('postgres', async () => await startPostgres(context, passwords)).then(
    async () => await step('databases', async () => await makeDatabases(context, names, passwords)),
  )
  const topics = kafka.then(async () => await step('topics', async () => await makeTopics(context, emitting)))
  const gateway = context.settings.gatewayMain
    ? step('gateway', async () => await startGateway(context))
    : Promise.resolve(undefined)
  const services = deployables.map(async (service) => {
    await Promise.all([databases, topics])
    await step(service.name, async () => await startService(context, service, passwords, deployables))
    if (service.observer) return
    await connect
    await step(connectorOf(service.name), async () => {
      await putConnector(connectUrlOf(context), connectorOf(service.name), configs.get(service.name) ?? {})
      await forgetForeignPlace(context, service.name, passwords)
      // A start that was killed while the connector forgot its place left it stopped.
      await resumeConnector(connectUrlOf(context), connectorOf(service.name))
      await untilStreaming(context, service.name, passwords)
    })
  })
  await allOrFirstFailure([connect, gateway, ...services, databases, topics])
  return configs
}

/** Waits for all to settle, so that nothing starts behind the back of a stop, then throws the first failure. */
async function allOrFirstFailure(promises: readonly Promise<unknown>[]): Promise<void> {
  const failures: unknown[] = []
  await Promise.all(promises.map((promise) => promise.catch((error: unknown) => failures.push(error))))
  const real = failures.find((error) => !(error instanceof Interrupted)) ?? failures[0]
  if (real !== undefined) throw real
}

function connectorConfig(context: Context, service: string, passwordFile: string): Record<string, string> {
  return renderConnector(context.settings.repo, {
    service,
    databaseHost: '127.0.0.1',
    databasePort: String(portOf(context, 'postgres')),
    passwordFile,
  })
}

async function makeDatabases(
  context: Context,
  services: readonly string[],
  passwords: Passwords,
): Promise<void> {
  const server = await connectAsSuperuser(context, passwords)
  try {
    const open = async (name: string) => await connectAsSuperuser(context, passwords, name)
    await provisionDatabases(server, open, services, passwords)
  } finally {
    await server.end()
  }
}

async function makeTopics(context: Context, services: readonly string[]): Promise<void> {
  const remarks = await provisionTopics(brokerOf(context), services, context.settings.partitions)
  for (const remark of remarks) context.event(remark)
}
