import { portOf, type Context } from './context.js'
import { mergeProperties, runJava, type Java } from './jvm.js'
import { brokerOf } from './kafka.js'
import { answers, untilReady } from './ready.js'
import type { Part } from './supervisor.js'

/**
 * Starts Kafka Connect with Debezium. May be called before the broker is up: the worker waits for it.
 * @throws StackError when it does not become ready.
 */
export async function startConnect(context: Context, java: Java): Promise<Part> {
  const file = mergeProperties(context, 'infra/connect/worker.properties', {
    'bootstrap.servers': brokerOf(context),
    listeners: connectUrlOf(context),
    'plugin.path': java.jars.plugins,
    'config.providers.file.param.allowed.paths': context.layout.connectSecrets,
  })
  const main = 'org.apache.kafka.connect.cli.ConnectDistributed'
  const part = runJava(context, java, {
    name: 'connect',
    main,
    args: [file],
    heapMegabytes: 512,
    stopMs: 20_000,
  })
  const patience = { limitMs: 120_000, abort: context.abort, mend: 'npx chorus logs connect' }
  await untilReady(part, async () => await answers(`${connectUrlOf(context)}/health`), patience)
  return part
}

/** Address of Connect's REST API. */
export function connectUrlOf(context: Pick<Context, 'ports'>): string {
  return `http://127.0.0.1:${portOf(context, 'connect')}`
}
