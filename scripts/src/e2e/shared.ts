import { Shop } from './shop.js'
import { System } from './system.js'

let started: Promise<System> | undefined

/** The one system that the end-to-end specs share; the first to ask starts it, the root hook stops it. */
export const sharedSystem = (): Promise<System> =>
  (started ??= System.start({
    CHORUS_ENV_GATEWAY_TIMEOUT_MS: '700',
  }))

/** The shared system and its shop. */
export async function sharedShop(): Promise<{ system: System; shop: Shop }> {
  const system = await sharedSystem()
  return { system, shop: new Shop(system) }
}

/** Mocha's root hooks. */
export const mochaHooks = {
  async afterAll(): Promise<void> {
    if (started) await (await started).stop()
  },
}
