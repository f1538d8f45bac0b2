// What docker-compose.yml runs once: `provision` before the services start, `register` when they are ready.
// The very code of the launcher, with the addresses of the containers.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Client } from 'pg'
import { loadContainerSettings } from './config.js'
import { connectorOf, putConnector, renderConnector } from './connectors.js'
import { provisionDatabases, rolesOf } from './databases.js'
import { emitters, findDeployables } from './deployables.js'
import { jwksUrl, makeKeys, passwordsFor, writeConnectSecrets } from './keys.js'
import { layoutOf } from './layout.js'
import { superuser } from './postgres.js'
import { observerEnv, serviceEnv } from './services.js'
import { provisionTopics } from './topics.js'

const settings = loadContainerSettings()
const layout = layoutOf(settings.home)
const deployables = findDeployables(path.join(settings.repo, 'services'))
const names = deployables.map(({ name }) => name)
const emitting = emitters(deployables).map(({ name }) => name)

/** Databases, roles, topics, keys, and one `<service>.env` for each service. */
async function provision(): Promise<void> {
  mkdirSync(layout.connectSecrets, { recursive: true })
  await makeKeys(layout)
  const roles = names.flatMap((name) => Object.values(rolesOf(name)))
  const passwords = { ...passwordsFor(layout, roles), [superuser]: settings.superuserPassword }
  writeConnectSecrets(layout, passwords)
  const server = await session('postgres')
  await provisionDatabases(server, session, names, passwords)
  await server.end()
  for (const remark of await provisionTopics(settings.kafka, emitting, settings.partitions)) say(remark)
  const addresses = Object.fromEntries(deployables.map(({ name, port }) => [name, `http://${name}:${port}`]))
  for (const { name, port, observer } of deployables) {
    const around = { ...settings, host: '0.0.0.0', port, jwksUrl: jwksUrl(layout) }
    const env = Object.entries({
      ...serviceEnv(around, name, passwords),
      ...(observer && observerEnv(addresses, settings.connectUrl)),
      ...settings.serviceEnv,
    })
    writeFileSync(
      path.join(layout.keys, `${name}.env`),
      env.map(([key, value]) => `${key}=${value}\n`).join(''),
    )
  }
  say(`ready for ${names.join(', ')}`)
}

/** One connector for each service. */
async function register(): Promise<void> {
  const [databaseHost = '', databasePort = ''] = settings.postgres.split(':')
  const passwordFile = path.join(layout.connectSecrets, 'cdc.properties')
  for (const service of emitting) {
    const config = renderConnector(settings.repo, { service, databaseHost, databasePort, passwordFile })
    await putConnector(settings.connectUrl, connectorOf(service), config)
    say(`registered ${connectorOf(service)}`)
  }
}

async function session(database: string): Promise<Client> {
  const [host = '', port = ''] = settings.postgres.split(':')
  const client = new Client({
    host,
    port: Number(port),
    user: superuser,
    password: settings.superuserPassword,
    database,
  })
  await client.connect()
  return client
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

const tasks: Readonly<Record<string, () => Promise<void>>> = { provision, register }
const task = tasks[process.argv[2] ?? '']
if (!task) throw new Error(`say one of: ${Object.keys(tasks).join(', ')}`)
await task()
