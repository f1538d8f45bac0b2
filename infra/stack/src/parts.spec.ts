import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { getPriority, tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose'
import { reasonOf } from './connector-watch.js'
import { renderConnector } from './connectors.js'
import { loadSettings } from './config.js'
import { makeKeys, passwordsFor, signToken, writeConnectSecrets } from './keys.js'
import { layoutOf, makeFolders } from './layout.js'
import { endProcess, isAlive, startTimeOf } from './processes.js'
import { claimRun, readRun } from './run-file.js'
import { endStale } from './stale.js'
import { supervise, type Part } from './supervisor.js'

const home = mkdtempSync(path.join(tmpdir(), 'chorus-parts-'))
const layout = layoutOf(home)
before(() => makeFolders(layout))
after(() => rmSync(home, { recursive: true }))

describe('a supervised part', () => {
  const events: string[] = []
  const pids: number[] = []
  const run = (script: string, stopMs = 5_000, stepsBack = false): Part =>
    supervise(
      {
        name: 'part',
        command: process.execPath,
        args: ['-e', script],
        cwd: home,
        env: {},
        logFile: path.join(home, 'part.log'),
        stopMs,
        stepsBack,
      },
      { started: (_, pid) => pids.push(pid), event: (text) => events.push(text) },
    )

  it('is started again with growing pauses', async () => {
    const part = run('process.exit(3)')
    await eventually(() => part.ends.length >= 3)
    await part.stop()
    expect(events.slice(0, 3)).to.deep.equal([
      'part exited (code 3), restarting in 0.1 s',
      'part exited (code 3), restarting in 0.3 s',
      'part exited (code 3), restarting in 0.6 s',
    ])
  })

  it('is killed when it does not stop in time, together with what it started', async () => {
    const script = `
      process.on('SIGTERM', () => {})
      const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
      require('node:fs').writeFileSync('child.pid', String(child.pid))
      setInterval(() => {}, 1000)`
    const part = run(script, 300)
    const child = await eventually(() => Number(read('child.pid')))
    const pid = part.pid() ?? 0
    await part.stop()
    expect(startTimeOf(pid)).to.equal(undefined)
    await eventually(() => startTimeOf(child) === undefined)
  })

  it('goes on behind all others when it is one that steps back', async () => {
    const [first, second] = [
      run('setInterval(() => {}, 1000)'),
      run('setInterval(() => {}, 1000)', 5_000, true),
    ]
    const priorities = [first, second].map((part) => getPriority(part.pid()))
    await Promise.all([first.stop(), second.stop()])
    expect(priorities).to.deep.equal([getPriority(), getPriority() + 5])
  })
})

describe('the run file', () => {
  it('tells a living process from a later one with the same number', () => {
    const startTime = startTimeOf(process.pid) ?? ''
    expect(isAlive({ pid: process.pid, startTime })).to.equal(true)
    expect(isAlive({ pid: process.pid, startTime: `${startTime}0` })).to.equal(false)
  })

  it('leads to what a killed launcher left running', async () => {
    const orphan = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      detached: true,
      stdio: 'ignore',
    })
    const gone = once(orphan, 'exit')
    const own = claimRun(home)
    own.started('order', orphan.pid ?? 0)
    const told: string[] = []
    expect(await endStale(home, (text) => told.push(text))).to.deep.equal([])
    const run = readRun(home)
    own.update({ ...run, launcher: { ...run?.launcher, startTime: 'long ago' } } as never)
    expect(await endStale(home, (text) => told.push(text))).to.deep.equal(['order'])
    await gone
    expect(told.join()).to.match(/an earlier launcher .* left order: ending them/)
    own.remove()
  })

  it('is claimed by one launcher only', () => {
    const own = claimRun(home)
    expect(() => claimRun(home)).to.throw('Another launcher is starting')
    own.remove()
    expect(readRun(home)).to.equal(undefined)
  })

  it('says whether a process ended when asked', async () => {
    const stubborn = spawn(
      process.execPath,
      ['-e', "process.on('SIGTERM', () => {}); console.log(1); setInterval(() => {}, 1000)"],
      { detached: true },
    )
    await once(stubborn.stdout, 'data')
    const id = { pid: stubborn.pid ?? 0, startTime: startTimeOf(stubborn.pid ?? 0) ?? '' }
    expect(await endProcess(id, 'SIGTERM', 200)).to.equal(false)
    expect(isAlive(id)).to.equal(false)
  })
})

describe('the keys of an installation', () => {
  it('sign tokens that its public keys verify, and are made once', async () => {
    await makeKeys(layout)
    const first = read('keys/jwks.json')
    await makeKeys(layout)
    expect(read('keys/jwks.json')).to.equal(first)
    const token = await signToken(home, { userId: 'u-1', admin: true, ttlSeconds: 60 })
    const keys = createLocalJWKSet(JSON.parse(first) as JSONWebKeySet)
    const { payload } = await jwtVerify(token, keys, { issuer: 'chorus-dev', audience: 'chorus' })
    expect(payload).to.include({ sub: 'u-1' }).and.have.deep.property('roles', ['admin'])
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).to.equal(60)
    expect(first).not.to.contain('"d"')
    expect(statSync(path.join(layout.keys, 'signing-key.json')).mode & 0o077).to.equal(0)
  })

  it('keep each password for good and show Connect its own ones only', () => {
    const first = passwordsFor(layout, ['order_app', 'order_cdc'])
    const more = passwordsFor(layout, ['order_app', 'order_cdc', 'coupon_cdc'])
    expect(more).to.include(first).and.have.property('coupon_cdc').with.lengthOf(32)
    const text = readFileSync(writeConnectSecrets(layout, more), 'utf8')
    expect(text).to.contain(`order_cdc=${more['order_cdc']}`).and.not.contain('order_app')
  })
})

describe('a connector', () => {
  it('is rendered from the one template, leaving the placeholders of others', () => {
    const values = {
      service: 'wish-list',
      databaseHost: 'db',
      databasePort: '5432',
      passwordFile: '/keys/cdc.properties',
    }
    const config = renderConnector(loadSettings({}, {}).repo, values)
    expect(config).to.include({
      'slot.name': 'outbox_wish_list',
      'database.dbname': 'wish-list',
      'database.password': '${file:/keys/cdc.properties:wish-list_cdc}',
      'transforms.outbox.route.topic.replacement': '${routedByValue}.events',
    })
  })

  it('that failed is reported with its root cause', () => {
    expect(
      reasonOf('a.B: top\n\tat x\nCaused by: c.D: middle\n\tat y\nCaused by: e.F: root\n\tat z'),
    ).to.equal('e.F: root')
    expect(reasonOf(undefined)).to.equal('no reason given')
  })
})

function read(file: string): string {
  try {
    return readFileSync(path.join(home, file), 'utf8')
  } catch {
    return ''
  }
}

async function eventually<T>(probe: () => T, limitMs = 10_000): Promise<NonNullable<T>> {
  const deadline = Date.now() + limitMs
  for (;;) {
    const found = probe()
    if (found) return found
    if (Date.now() > deadline) throw new Error('not in time')
    await wait(20)
  }
}
