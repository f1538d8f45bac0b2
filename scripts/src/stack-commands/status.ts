import {
  connectorOf,
  connectorState,
  isAlive,
  launcherLives,
  readRun,
  residentBytes,
  runs,
  type ConnectorState,
  type RunFile,
} from '@chorus/stack'
import type { Command } from 'commander'
import { settingsFor, withHome, type HomeOptions } from './options.js'

interface PartStatus {
  readonly part: string
  readonly up: boolean
  readonly pid: number
  readonly port: number | null
  readonly memoryBytes: number | null
}

interface ConnectorStatus {
  readonly connector: string
  readonly up: boolean
  /** State of the connector and of its task, or why it is not known. */
  readonly state: string
}

/** `chorus status`: exit code 0 when everything is up, else 1. */
export function registerStatus(program: Command): void {
  withHome(program.command('status'))
    .description('show every part: process, port, memory, connector task')
    .option('--json', 'as JSON')
    .action(async (options: HomeOptions & { json?: boolean }) => {
      const { home } = settingsFor(options)
      const run = readRun(home)
      const parts = run ? partsOf(run) : []
      const connectors = run ? await connectorsOf(run) : []
      const ready = run !== undefined && run.ready && launcherLives(run)
      const up = ready && [...parts, ...connectors].every((one) => one.up)
      if (options.json) console.log(JSON.stringify({ home, up, ready, parts, connectors }, null, 2))
      else if (!run) console.log(`Nothing runs from ${home}. To start it: npx chorus up`)
      else print(run, parts, connectors)
      process.exitCode = up ? 0 : 1
    })
}

function partsOf(run: RunFile): PartStatus[] {
  const all = Object.entries({ launcher: run.launcher, ...run.parts })
  return all.map(([part, id]) => {
    const up = isAlive(id)
    const memoryBytes = up ? (residentBytes(id.pid) ?? null) : null
    return { part, up, pid: id.pid, port: run.ports[part] ?? null, memoryBytes }
  })
}

async function connectorsOf(run: RunFile): Promise<ConnectorStatus[]> {
  const url = `http://127.0.0.1:${run.ports['connect']}`
  return await Promise.all(
    run.services.map(async (service) => {
      const connector = connectorOf(service)
      try {
        const state = await connectorState(url, connector)
        return { connector, up: runs(state), state: inWords(state) }
      } catch {
        return { connector, up: false, state: 'Connect does not answer' }
      }
    }),
  )
}

function inWords(state: ConnectorState | undefined): string {
  if (!state) return 'not registered'
  const tasks = state.tasks.map((task) => `task ${task.state}`).join(', ')
  return `${state.connector}, ${tasks || 'no task'}`
}

function print(run: RunFile, parts: readonly PartStatus[], connectors: readonly ConnectorStatus[]): void {
  console.log(line('part', 'state', 'pid'.padEnd(9), 'port'.padEnd(8), 'memory'))
  for (const { part, up, pid, port, memoryBytes } of parts) {
    const memory = memoryBytes === null ? '' : `${Math.round(memoryBytes / 1024 ** 2)} MB`
    console.log(line(part, up ? 'up' : 'down', String(pid).padEnd(9), String(port ?? '').padEnd(8), memory))
  }
  for (const { connector, up, state } of connectors) console.log(line(connector, up ? 'up' : 'down', state))
  if (!launcherLives(run)) console.log('The launcher was killed. To clean up: npx chorus down')
  else if (!run.ready) console.log('It is still starting.')
}

function line(first: string, second: string, ...rest: string[]): string {
  return [first.padEnd(18), second.padEnd(6), ...rest].join('')
}
