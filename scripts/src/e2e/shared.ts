import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { OtlpReceiver } from './otlp-receiver.js'
import { Shop } from './shop.js'
import { System } from './system.js'

const repo = fileURLToPath(new URL('../../..', import.meta.url))

let started: Promise<System> | undefined
let receiver: Promise<OtlpReceiver> | undefined
let services: string | undefined

/** A services folder with all of ours, and the example that docs/add-a-service.md writes. */
function withExample(): string {
  const folder = mkdtempSync(join(tmpdir(), 'chorus-services-'))
  for (const name of readdirSync(join(repo, 'services')))
    symlinkSync(join(repo, 'services', name), join(folder, name))
  symlinkSync(join(repo, 'docs/examples/tally'), join(folder, 'tally'))
  return folder
}

/** Where the shared system tells of its traces. */
export const sharedTraces = (): Promise<OtlpReceiver> => (receiver ??= OtlpReceiver.start())

async function begin(): Promise<System> {
  services = withExample()
  return System.start({
    CHORUS_ENV_GATEWAY_TIMEOUT_MS: '700',
    CHORUS_ENV_CANARY_SECONDS: '1',
    CHORUS_SERVICES_DIR: services,
    CHORUS_ENV_OTEL_EXPORTER_OTLP_ENDPOINT: (await sharedTraces()).url,
    // Only of those that a request asks for: the other specs need none.
    CHORUS_ENV_OTEL_TRACES_SAMPLER: 'parentbased_always_off',
    CHORUS_ENV_OTEL_BSP_SCHEDULE_DELAY: '200',
  })
}

/** The one system that the end-to-end specs share; the first to ask starts it, the root hook stops it. */
export const sharedSystem = (): Promise<System> => (started ??= begin())

/** The shared system and its shop. */
export async function sharedShop(): Promise<{ system: System; shop: Shop }> {
  const system = await sharedSystem()
  return { system, shop: new Shop(system) }
}

/** Mocha's root hooks. */
export const mochaHooks = {
  async afterAll(): Promise<void> {
    if (started) await (await started).stop()
    if (receiver) (await receiver).stop()
    if (services !== undefined) rmSync(services, { recursive: true })
  },
}
