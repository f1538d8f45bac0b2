import { expect } from 'chai'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import kafkajs, { type Consumer, type KafkaMessage } from 'kafkajs'
import { Client } from 'pg'
import { loadSettings } from './config.js'
import { connectorOf, connectorState, runs } from './connectors.js'
import { rolesOf } from './databases.js'
import { passwordsFor } from './keys.js'
import { layoutOf } from './layout.js'
import { isAlive, type ProcessId } from './processes.js'
import { readRun } from './run-file.js'
import { databaseUrl } from './services.js'
import { startStack, type Stack } from './stack.js'

const servicesDir = path.resolve(import.meta.dirname, '../fixtures/services')

describe('a stack of real parts', function () {
  this.timeout(180_000)
  const home = mkdtempSync(path.join(tmpdir(), 'chorus-stack-'))
  const events: string[] = []
  const messages: KafkaMessage[] = []
  let stack: Stack
  let consumer: Consumer

  const start = async (partitions = 4) =>
    await startStack({
      settings: loadSettings({
        home,
        servicesDir,
        gatewayMain: undefined,
        freePorts: true,
        partitions,
        serviceEnv: { GREETING: 'hello' },
      }),
      onEvent: (text) => events.push(text),
    })
  const processOf = (part: string): ProcessId => {
    const id = readRun(home)?.parts[part]
    if (!id) throw new Error(`${part} is not in run.json`)
    return id
  }
  const post = async (payload: string) => {
    const response = await fetch(stack.addresses['echo'] ?? '', { method: 'POST', body: payload })
    const text = await response.text()
    if (response.status !== 202) throw new Error(`${response.status} ${text}`)
    return text
  }
  const arrived = async (payload: string) =>
    await eventually(`${payload} on the topic`, () =>
      messages.find(({ value }) => value?.toString() === payload),
    )
  const psql = async (role: string, database: string, sql: string) => {
    const passwords = passwordsFor(layoutOf(home), [role])
    const url = new URL(databaseUrl(stack.addresses['postgres'] ?? '', 'echo', role, passwords))
    url.pathname = database
    const client = new Client({ connectionString: url.href })
    await client.connect()
    try {
      return await client.query(sql)
    } finally {
      await client.end()
    }
  }
  const kafka = () =>
    new kafkajs.Kafka({ brokers: [stack.addresses['kafka'] ?? ''], logLevel: kafkajs.logLevel.NOTHING })
  const forgetful = async () => {
    const admin = kafka().admin()
    await admin.connect()
    const configEntries = [{ name: 'retention.ms', value: '604800000' }]
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: 2, name: 'echo.events', configEntries }],
    })
    await admin.disconnect()
  }
  const sendAhead = async () => {
    const url = `${stack.addresses['connect']}/connectors/${connectorOf('echo')}`
    const ask = (path: string, options: RequestInit) => fetch(`${url}/${path}`, options)
    const { offsets } = (await (await ask('offsets', {})).json()) as { offsets: { offset: object }[] }
    const lsn = 2 ** 50
    for (const one of offsets) one.offset = { ...one.offset, lsn, lsn_proc: lsn, lsn_commit: lsn }
    await ask('stop', { method: 'PUT' })
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ offsets })
    await eventually(
      'Connect to take it',
      async () => (await ask('offsets', { method: 'PATCH', headers, body })).ok,
    )
    await ask('resume', { method: 'PUT' })
  }
  const listen = async () => {
    consumer = kafka().consumer({
      groupId: `spec-${Date.now()}`,
      allowAutoTopicCreation: false,
      sessionTimeout: 3000,
      heartbeatInterval: 500,
    })
    await consumer.connect()
    await consumer.subscribe({ topic: 'echo.events', fromBeginning: true })
    await consumer.run({ eachMessage: async ({ message }) => void messages.push(message) })
  }

  before(async () => {
    stack = await start()
    await listen()
  })
  after(async () => {
    await consumer?.disconnect()
    await stack?.stop()
    rmSync(home, { recursive: true, force: true })
  })

  it('carries an outbox row to Kafka as a CloudEvent, its payload byte for byte', async () => {
    const payload = '{"b": 1,\n "a":"ä€𝄞",  "n": null, "x":1.50}'
    const id = await post(payload)
    const { key, headers = {} } = await arrived(payload)
    const texts = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value?.toString()]),
    )
    expect(key?.toString()).to.equal('key-1')
    expect(texts).to.deep.equal({
      id,
      ce_id: id,
      ce_type: 'Echoed.v1',
      ce_specversion: '1.0',
      ce_source: '/echo',
      ce_subject: 'key-1',
      ce_time: '2026-01-02T03:04:05.678Z',
      ce_dataschema: '/schemas/Echoed.v1',
      'content-type': 'application/json',
      ce_correlationid: 'corr-1',
      ce_causationid: 'cause-1',
      ce_aggregateversion: '7',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    })
  })

  it('gives a service only the environment that it is meant to have', async () => {
    const response = await fetch(`${stack.addresses['echo']}/env`)
    const env = (await response.json()) as Record<string, string>
    const inherited = ['PATH', 'HOME', 'TZ'].filter((name) => name in process.env)
    const given = ['HOST', 'PORT', 'DATABASE_URL', 'MIGRATION_DATABASE_URL', 'KAFKA_BROKERS', 'JWKS_URL']
    const more = ['JWT_ISSUER', 'JWT_AUDIENCE', 'GATEWAY_URL', 'LOG_LEVEL', 'GREETING']
    expect(Object.keys(env)).to.have.members([...inherited, ...given, ...more])
    expect(env['GREETING']).to.equal('hello')
  })

  it('shows no password in the REST API of Connect and keeps its files to their owner', async () => {
    const response = await fetch(`${stack.addresses['connect']}/connectors/echo-outbox`)
    const text = await response.text()
    const password = passwordsFor(layoutOf(home), [rolesOf('echo').cdc])['echo_cdc'] ?? ''
    expect(text).to.contain('${file:').and.not.contain(password)
    for (const file of [layoutOf(home).passwords, path.join(home, 'keys/connect/cdc.properties')])
      expect(statSync(file).mode & 0o077).to.equal(0)
  })

  it('lets a role into the database of its own service only', async () => {
    const { rows } = await psql('echo_app', 'echo', 'SELECT current_user AS who')
    expect(rows).to.deep.equal([{ who: 'echo_app' }])
    const refused = await psql('echo_app', 'postgres', 'SELECT 1').catch((error: Error) => error.message)
    expect(refused).to.match(/permission denied for database/)
  })

  it('makes a lost connector again and restarts a failed task', async () => {
    const url = stack.addresses['connect'] ?? ''
    const name = connectorOf('echo')
    await fetch(`${url}/connectors/${name}`, { method: 'DELETE' })
    await eventually('a word about it', () =>
      events.includes('connector echo-outbox was lost, making it again'),
    )
    await eventually('the connector', async () => runs(await connectorState(url, name)))

    await psql('echo_owner', 'echo', 'DROP PUBLICATION outbox_pub')
    await psql(
      'postgres',
      'postgres',
      'SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active',
    )
    await eventually('a restart', () => events.some((text) => text.includes('connector echo-outbox failed')))
    await psql(
      'echo_owner',
      'echo',
      "CREATE PUBLICATION outbox_pub FOR TABLE outbox WITH (publish = 'insert')",
    )
    await post('{"after":"publication"}')
    await arrived('{"after":"publication"}')
  })

  for (const part of ['echo', 'connect', 'kafka', 'postgres'])
    it(`brings ${part} back when it is killed, and goes on delivering`, async () => {
      const before = processOf(part)
      process.kill(before.pid, 'SIGKILL')
      await eventually(`a new ${part}`, () => processOf(part).pid !== before.pid && isAlive(processOf(part)))
      expect(events.join('\n')).to.match(new RegExp(`${part} exited \\(SIGKILL\\), restarting in 0\\.\\d s`))
      const payload = JSON.stringify({ after: part })
      await eventually('an answer', async () => await post(payload).catch(() => false))
      await arrived(payload)
    })

  it('stops every part, and starts again where it left off with what had strayed put right', async () => {
    await consumer.disconnect()
    await forgetful()
    await sendAhead()
    await post('{"passed":"over"}')
    const old = Object.values(readRun(home)?.parts ?? {})
    await stack.stop()
    expect(old.filter(isAlive)).to.deep.equal([])
    expect(existsSync(layoutOf(home).runFile)).to.equal(false)

    stack = await start(2)
    expect(events).to.include('topic echo.events has 4 partitions, not 2: left as it is')
    expect(events).to.include('topic echo.events had retention.ms=604800000: put right')
    expect(events.join('\n')).to.contain('the place of echo-outbox is ahead of the log')
    messages.length = 0
    await listen()
    await post('{"second":"run"}')
    await arrived('{"second":"run"}')
    await arrived('{"after":"kafka"}')
    await arrived('{"passed":"over"}')
  })

  it('refuses a second launcher in the same home and says how to stop the first', async () => {
    const error = await start().catch((error: unknown) => error)
    expect(error).to.be.instanceOf(Error).with.property('message', `Chorus already runs from ${home}`)
    expect(error).to.have.property('mend').that.contains('chorus down')
  })
})

describe('a start that fails', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'chorus-stack-'))
  after(() => rmSync(home, { recursive: true, force: true }))

  it('leaves nothing running when it is called off half way', async () => {
    const stop = new AbortController()
    let pids: ProcessId[] = []
    const error = await startStack({
      settings: loadSettings({ home, servicesDir, gatewayMain: undefined, freePorts: true }),
      signal: stop.signal,
      onProgress: ({ step, state }) => {
        if (step !== 'databases' || state !== 'done') return
        pids = Object.values(readRun(home)?.parts ?? {})
        stop.abort()
      },
    }).catch((error: unknown) => error)
    expect(error).to.have.property('name', 'Interrupted')
    expect(pids).to.have.length.of.at.least(2)
    expect(pids.filter(isAlive)).to.deep.equal([])
    expect(readRun(home)).to.equal(undefined)
  })
})

async function eventually<T>(what: string, probe: () => T | Promise<T>, limitMs = 60_000) {
  const deadline = Date.now() + limitMs
  for (;;) {
    const found = await probe()
    if (found) return found as NonNullable<T>
    if (Date.now() > deadline) throw new Error(`no ${what} within ${limitMs / 1000} s`)
    await wait(50)
  }
}
