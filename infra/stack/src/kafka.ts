import { execa } from 'execa'
import { randomBytes } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import path from 'node:path'
import { portOf, type Context } from './context.js'
import { StackError, messageOf } from './errors.js'
import { commonFlags, mergeProperties, runJava, type Java } from './jvm.js'
import { untilReady } from './ready.js'
import type { Part } from './supervisor.js'
import { withAdmin } from './topics.js'

/**
 * Starts the broker, after formatting its folder the first time.
 * @throws StackError when it cannot be set up or started.
 */
export async function startKafka(context: Context, java: Java): Promise<Part> {
  const broker = `BROKER://${brokerOf(context)}`
  const controller = `127.0.0.1:${portOf(context, 'kafka-controller')}`
  const file = mergeProperties(context, 'infra/kafka/server.properties', {
    'controller.quorum.voters': `1@${controller}`,
    listeners: `${broker},CONTROLLER://${controller}`,
    'advertised.listeners': broker,
    'log.dirs': context.layout.kafkaData,
  })
  await format(context, java, file)
  const part = runJava(context, java, {
    name: 'kafka',
    main: 'kafka.Kafka',
    args: [file],
    heapMegabytes: 384,
    stopMs: 20_000,
  })
  const patience = { limitMs: 90_000, abort: context.abort, mend: 'npx chorus logs kafka' }
  await untilReady(
    part,
    async () => await withAdmin(brokerOf(context), async (admin) => await admin.describeCluster()),
    patience,
  )
  return part
}

/** Address of the broker, `host:port`. */
export function brokerOf(context: Pick<Context, 'ports'>): string {
  return `127.0.0.1:${portOf(context, 'kafka')}`
}

async function format(context: Context, { jars }: Java, file: string): Promise<void> {
  const folder = context.layout.kafkaData
  // meta.properties is written last: without it an earlier attempt was interrupted
  if (existsSync(path.join(folder, 'meta.properties'))) return
  rmSync(folder, { recursive: true, force: true })
  const id = randomBytes(16).toString('base64url')
  const args = [
    '-XX:TieredStopAtLevel=1',
    ...commonFlags(context, jars),
    'kafka.tools.StorageTool',
    'format',
    `--cluster-id=${id}`,
    '-c',
    file,
  ]
  try {
    await execa('java', args, {
      cwd: context.layout.run,
      all: true,
      detached: true,
      cancelSignal: context.abort,
    })
  } catch (cause) {
    throw new StackError('Kafka could not format its folder', messageOf(cause), 'npx chorus reset', { cause })
  }
}
