import { createServer, type Server } from 'node:net'
import { portVariable, type Settings } from './config.js'
import type { Deployable } from './deployables.js'
import { StackError } from './errors.js'
import { listenerOn } from './processes.js'

const fixedPorts = {
  postgres: 54_329,
  kafka: 19_092,
  'kafka-controller': 19_093,
  connect: 18_083,
  gateway: 4090,
}

/**
 * The port of every part: what was asked for by name, else a free one (`freePorts`), else its usual one.
 * @throws StackError when a variable names no part or two parts share a port.
 */
export async function assignPorts(
  settings: Settings,
  deployables: readonly Deployable[],
): Promise<Record<string, number>> {
  const usual: Record<string, number> = { ...fixedPorts }
  for (const { name, port } of deployables) usual[name] = port
  for (const name of Object.keys(settings.ports))
    if (!(name in usual))
      throw new StackError(
        `${portVariable(name)} names no part`,
        `The parts are: ${Object.keys(usual).join(', ')}.`,
        `unset ${portVariable(name)}`,
      )
  const chosen = settings.freePorts ? await freePorts(Object.keys(usual)) : usual
  const ports = { ...chosen, ...settings.ports }
  const seen = new Map<number, string>()
  for (const [name, port] of Object.entries(ports)) {
    const other = seen.get(port)
    if (other !== undefined)
      throw new StackError(
        `${other} and ${name} cannot both have port ${port}`,
        'Every part needs a port of its own.',
        `${portVariable(name)}=<another port> npx chorus up`,
      )
    seen.set(port, name)
  }
  return ports
}

/**
 * Makes sure that nobody listens on the ports.
 * @throws StackError that says who does.
 */
export async function checkPorts(ports: Readonly<Record<string, number>>): Promise<void> {
  const taken = (
    await Promise.all(
      Object.entries(ports).map(async ([name, port]) => ((await isFree(port)) ? [] : [{ name, port }])),
    )
  ).flat()
  const first = taken[0]
  if (!first) return
  const lines = taken.map(({ name, port }) => {
    const owner = listenerOn(port)
    return `${port} (for ${name}) is used by ${owner ? `process ${owner.pid}: ${owner.command}` : 'a process that cannot be seen from here'}`
  })
  const owner = listenerOn(first.port)
  throw new StackError(
    `Port ${taken.map(({ port }) => port).join(', ')} is taken`,
    lines.join('\n  '),
    `${owner ? `kill ${owner.pid}, or ` : ''}${portVariable(first.name)}=<another port> npx chorus up, or npx chorus up --free-ports`,
  )
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    await listen(server, port)
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}

async function freePorts(names: readonly string[]): Promise<Record<string, number>> {
  // all are held at once, so that no port is given twice
  const servers = names.map(() => createServer())
  await Promise.all(servers.map((server) => listen(server, 0)))
  const ports = servers.map((server) => {
    const address = server.address()
    return typeof address === 'object' && address ? address.port : 0
  })
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return Object.fromEntries(names.map((name, i) => [name, ports[i] ?? 0]))
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host: '127.0.0.1', exclusive: true }, resolve)
  })
}
