import { expect } from 'chai'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { checkNode, javaMajor } from './checks.js'
import { loadSettings, type Settings } from './config.js'
import { emitters, findDeployables } from './deployables.js'
import { StackError } from './errors.js'
import { progressOf } from './jars.js'
import { assignPorts, checkPorts } from './ports.js'

const order = { name: 'order', folder: '/services/order', port: 4001, observer: false }

describe('the settings of a stack', () => {
  it('come from the environment, with defaults in the repository', () => {
    const settings = loadSettings(
      {},
      { CHORUS_HOME: '/somewhere', CHORUS_ENV_ORDER_DEADLINE_SECONDS: '5', PATH: '/bin' },
    )
    expect(settings.home).to.equal('/somewhere')
    expect(settings.cache).to.equal(path.join(settings.repo, '.cache'))
    expect(settings.partitions).to.equal(4)
    expect(settings.serviceEnv).to.deep.equal({ ORDER_DEADLINE_SECONDS: '5' })
    expect(settings.inherited).to.deep.equal({ PATH: '/bin' })
  })

  it('name the variable that is of no use', () => {
    for (const value of ['abc', '0', '65536', '4001.5'])
      expect(() => loadSettings({}, { CHORUS_PORT_KAFKA: value })).to.throw(
        StackError,
        `CHORUS_PORT_KAFKA cannot be "${value}"`,
      )
  })
})

describe('the ports of a stack', () => {
  it('are the usual ones unless a variable says otherwise', async () => {
    const ports = await assignPorts(settingsWith({ CHORUS_PORT_KAFKA_CONTROLLER: '5000' }), [order])
    expect(ports).to.deep.equal({
      postgres: 54_329,
      kafka: 19_092,
      'kafka-controller': 5000,
      connect: 18_083,
      gateway: 4090,
      order: 4001,
    })
  })

  it('are refused when a variable names no part or two parts share one', async () => {
    expect(await wrong({ CHORUS_PORT_ODRER: '1' })).to.equal('CHORUS_PORT_ODRER names no part')
    expect(await wrong({ CHORUS_PORT_ORDER: '4090' })).to.equal(
      'gateway and order cannot both have port 4090',
    )
  })

  it('are all different when free ones are asked for', async () => {
    const ports = await assignPorts(settingsWith({ CHORUS_PORT_ORDER: '4001' }, true), [order])
    expect(ports['order']).to.equal(4001)
    expect(new Set(Object.values(ports)).size).to.equal(6)
  })

  it('that are taken are told with the process that has them', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const error: unknown = await checkPorts({ order: port }).catch((error: unknown) => error)
    server.close()
    expect(error).to.be.instanceOf(StackError).with.property('why').that.contains(`process ${process.pid}: `)
    expect(error).to.have.property('mend').that.contains('CHORUS_PORT_ORDER=')
  })
})

describe('the services', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'chorus-services-'))
  const manifest = (name: string, text: string) => {
    mkdirSync(path.join(folder, name), { recursive: true })
    writeFileSync(path.join(folder, name, 'package.json'), text)
  }
  after(() => rmSync(folder, { recursive: true }))

  it('are the folders whose package.json has a chorus port; observers emit nothing', () => {
    manifest('wish-list', '{"chorus": {"port": 4010}}')
    manifest('lookout', '{"chorus": {"port": 4011, "observer": true}}')
    manifest('library', '{}')
    mkdirSync(path.join(folder, 'empty'))
    const found = findDeployables(folder)
    expect(found).to.deep.equal([
      { name: 'lookout', folder: path.join(folder, 'lookout'), port: 4011, observer: true },
      { name: 'wish-list', folder: path.join(folder, 'wish-list'), port: 4010, observer: false },
    ])
    expect(emitters(found).map(({ name }) => name)).to.deep.equal(['wish-list'])
  })

  it('are refused when the port or the name is of no use', () => {
    manifest('bad', '{"chorus": {"port": "4010"}}')
    expect(() => findDeployables(folder)).to.throw(StackError, 'names no usable port')
    rmSync(path.join(folder, 'bad'), { recursive: true })
    manifest('Bad_Name', '{"chorus": {"port": 4011}}')
    expect(() => findDeployables(folder)).to.throw(StackError, 'cannot be a service')
  })
})

describe('the checks before a start', () => {
  it('refuse a Node before 20.19', () => {
    expect(() => checkNode('20.18.9')).to.throw(StackError, 'Node 20.18.9 is too old')
    expect(() => checkNode('18.20.0')).to.throw(StackError)
    for (const good of ['20.19.0', '22.0.0']) expect(() => checkNode(good)).not.to.throw()
  })

  it('read the version of old and new Javas', () => {
    expect(javaMajor('openjdk version "17.0.15" 2025-04-15')).to.equal(17)
    expect(javaMajor('java version "1.8.0_301"')).to.equal(8)
    expect(javaMajor('openjdk version "25" 2025-09-16')).to.equal(25)
    expect(javaMajor('command not found')).to.equal(undefined)
  })

  it('count what Maven has fetched', () => {
    const told: string[] = []
    const progress = progressOf((text) => told.push(text))
    progress(
      '[INFO] Downloaded from central: a.jar (1.5 MB at 3 MB/s)\n[INFO] Downloaded from central: b.pom (500 kB at 9 kB/s)\n',
    )
    expect(told).to.deep.equal(['2 files, 2 MB'])
  })
})

function settingsWith(env: NodeJS.ProcessEnv, freePorts = false): Settings {
  return loadSettings({ freePorts }, env)
}

async function wrong(env: NodeJS.ProcessEnv): Promise<unknown> {
  return await assignPorts(settingsWith(env), [order]).catch((error: Error) => error.message)
}
