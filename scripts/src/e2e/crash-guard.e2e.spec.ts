import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { sharedShop } from './shared.js'
import type { Shop } from './shop.js'
import { someUser, until, type System } from './system.js'

const FRAGILE = fileURLToPath(new URL('../../fixtures/fragile.js', import.meta.url))
const DATABASE = 'fragile'

describe('a message that ends the process', function () {
  this.timeout(90_000)
  let system: System
  let shop: Shop
  let running: ChildProcess | undefined
  let ends = 0
  before(async function () {
    this.timeout(240_000)
    ;({ system, shop } = await sharedShop())
    await system.sql('postgres', `CREATE ROLE ${DATABASE}_app; CREATE ROLE ${DATABASE}_cdc`)
    await system.sql('postgres', `CREATE DATABASE ${DATABASE}`)
  })
  after(() => stop())

  const environment = () => ({
    PATH: process.env.PATH,
    PORT: '0',
    DATABASE_URL: system.databaseUrl(DATABASE),
    MIGRATION_DATABASE_URL: system.databaseUrl(DATABASE),
    KAFKA_BROKERS: `127.0.0.1:${system.run.ports.kafka}`,
    JWKS_URL: pathToFileURL(join(system.home, 'keys/jwks.json')).href,
    JWT_ISSUER: 'chorus-dev',
    JWT_AUDIENCE: 'chorus',
    CONSUMER_SESSION_MS: '1000',
  })

  /** Starts it, and starts it anew whenever it ends by itself, as a supervisor does. */
  function start(...args: string[]): void {
    const child = spawn(process.execPath, [FRAGILE, ...args], { env: environment(), stdio: 'ignore' })
    running = child
    child.once('exit', () => {
      if (running !== child) return
      ends++
      start(...args)
    })
  }

  async function stop(): Promise<void> {
    const child = running
    running = undefined
    if (!child || child.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }

  const sql = <Row extends Record<string, unknown>>(query: string, values: unknown[] = []) =>
    system.sql<Row>(DATABASE, query, values).catch((): Row[] => [])
  const heard = async (id: string) =>
    (await sql('SELECT FROM heard WHERE product_id = $1', [id])).length === 1

  async function product(category: string): Promise<string> {
    const body = { name: 'Spec product', category, price: { amount: 1, currency: 'USD' }, stock: 1 }
    const { status, body: made } = await system.ask('product', '/products', {
      user: someUser(),
      admin: true,
      body,
    })
    expect(status).to.equal(201)
    return made.id as string
  }

  it('is set aside after it ended the process when it was alone; nothing else is', async () => {
    const before = await Promise.all(Array.from({ length: 20 }, () => shop.product()))
    start()
    await until('what came before to be heard', async () => heard(before[19]!))
    const poison = await product('ends-the-process')
    const price = { price: { amount: 2, currency: 'USD' } }
    await system.ask('product', `/products/${poison}`, {
      method: 'PATCH',
      user: 'spec',
      admin: true,
      body: price,
    })
    const after = await Promise.all(Array.from({ length: 20 }, () => shop.product()))

    await until(
      'all others to be heard',
      async () => (await Promise.all([...before, ...after].map(heard))).every(Boolean),
      60_000,
    )
    const letters = 'SELECT key, state, reason, type FROM dead_letters ORDER BY "offset"'
    await until('what comes behind it to be parked', async () => (await sql(letters)).length === 2)
    expect(await sql(letters)).to.deep.equal([
      { key: poison, state: 'DEAD', reason: 'ENDS_THE_PROCESS', type: 'ProductCreated' },
      { key: poison, state: 'WAITING', reason: 'KEY_PARKED', type: 'ProductPriceChanged' },
    ])
    expect(ends).to.equal(5)
    expect(await sql('SELECT FROM begun_batches')).to.deep.equal([])

    await stop()
    expect(await sql('SELECT FROM running_processes'), 'it took its leave').to.deep.equal([])
    await sql(`UPDATE dead_letters SET released_at = now() WHERE state = 'DEAD'`)
    start('mended')
    await until(
      'the mended service to handle both',
      async () => (await sql('SELECT FROM dead_letters')).length === 0,
    )
    const [row] = await sql<{ price_version: number }>(
      'SELECT price_version FROM heard WHERE product_id = $1',
      [poison],
    )
    expect(row).to.deep.equal({ price_version: 2 })
  })
})
