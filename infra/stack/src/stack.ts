import { checkFolder, checkJava, checkNode } from './checks.js'
import { beginAll, type Step } from './begin.js'
import type { Settings } from './config.js'
import { connectUrlOf } from './connect.js'
import { watchConnectors } from './connector-watch.js'
import type { Context } from './context.js'
import { rolesOf } from './databases.js'
import { emitters, findDeployables } from './deployables.js'
import { Interrupted, StackError } from './errors.js'
import { resolveJars } from './jars.js'
import { brokerOf } from './kafka.js'
import { makeKeys, passwordsFor } from './keys.js'
import { layoutOf, makeFolders } from './layout.js'
import { assignPorts, checkPorts } from './ports.js'
import { superuser } from './postgres.js'
import { claimRun, launcherLives, readRun, removeRun, type OwnRun, type RunFile } from './run-file.js'
import { checkBuilt } from './services.js'
import { endStale, infrastructure } from './stale.js'
import { dropLostSlot } from './streaming.js'
import { supervise, type Part } from './supervisor.js'

/** How far one step of the start is. */
export interface Progress {
  readonly step: string
  readonly state: 'started' | 'note' | 'done' | 'failed'
  /** Only with `note`. */
  readonly note?: string
  /** Milliseconds since the step started. */
  readonly ms: number
}

/** What to start, and whom to tell. */
export interface StackOptions {
  readonly settings: Settings
  readonly onProgress?: (progress: Progress) => void
  /** Sentences about parts that died and came back, and the like. */
  readonly onEvent?: (text: string) => void
  /** Calls the start off; what was started is stopped. */
  readonly signal?: AbortSignal
  /** Ends every part at once, during the start, a stop, or in between. */
  readonly killSignal?: AbortSignal
}

/** A running stack. */
export interface Stack {
  readonly run: RunFile
  /** Address by part: `http://...` for what speaks HTTP, else `host:port`. */
  readonly addresses: Readonly<Record<string, string>>
  /** Stops all parts: services, Connect, broker, Postgres. */
  stop: () => Promise<void>
}

/**
 * Starts the whole system of one home folder and keeps it running until `stop`.
 * @throws StackError when it cannot start (nothing is left running); Interrupted when called off.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { settings, onEvent = () => {} } = options
  const layout = layoutOf(settings.home)
  checkNode()
  checkFolder(settings.home)
  await freeHome(settings.home, onEvent)
  const own = claimRun(settings.home)
  const parts: Part[] = []
  const failed = new AbortController()
  const abort = AbortSignal.any([failed.signal, ...(options.signal ? [options.signal] : [])])
  const watching = new AbortController()
  let watch: Promise<void> = Promise.resolve()
  const stop = async () => {
    watching.abort()
    await watch
    await stopParts(parts)
    own.remove()
  }
  options.killSignal?.addEventListener('abort', () => {
    for (const part of parts) part.kill()
  })
  try {
    makeFolders(layout)
    const context = { settings, layout, abort, event: onEvent, run: runner(parts, own, abort, onEvent) }
    const { ports, configs } = await prepareAndBegin(
      context,
      own,
      stepper(options, abort, () => failed.abort()),
    )
    const watched = {
      connectUrl: connectUrlOf({ ports }),
      broker: brokerOf({ ports }),
      configs,
      dropLostSlot: (service: string) => dropLostSlot({ ports }, service, passwordsFor(layout, [superuser])),
      event: onEvent,
    }
    watch = watchConnectors(watched, watching.signal)
    own.update({ ready: true })
    return { run: own.current(), addresses: addressesOf(own.current()), stop }
  } catch (error) {
    await stop()
    throw options.signal?.aborted ? new Interrupted() : error
  }
}

/** Address by part, of the parts that were started. */
export function addressesOf({ ports, parts }: Pick<RunFile, 'ports' | 'parts'>): Record<string, string> {
  const tcp = new Set(['postgres', 'kafka'])
  return Object.fromEntries(
    Object.entries(ports)
      .filter(([name]) => name in parts)
      .map(([name, port]) => [name, `${tcp.has(name) ? '' : 'http://'}127.0.0.1:${port}`]),
  )
}

async function prepareAndBegin(partial: Omit<Context, 'ports'>, own: OwnRun, step: Step & { note: Note }) {
  const { settings, layout, abort } = partial
  const deployables = findDeployables(settings.servicesDir).filter(
    ({ observer }) => settings.observers || !observer,
  )
  const names = deployables.map(({ name }) => name)
  const { ports, version } = await step('checks', async () => {
    checkBuilt(deployables)
    const ports = await assignPorts(settings, deployables)
    const [version] = await Promise.all([checkJava(), checkPorts(ports)])
    return { ports, version }
  })
  own.update({ ports, services: emitters(deployables).map(({ name }) => name) })
  const jars = await step(
    'jars',
    async () => await resolveJars(settings.repo, settings.cache, step.note('jars'), abort),
  )
  await makeKeys(layout)
  const roles = names.flatMap((name) => Object.values(rolesOf(name)))
  const passwords = passwordsFor(layout, [superuser, ...roles])
  const configs = await beginAll(
    { ...partial, ports },
    { java: { version, jars }, passwords, deployables },
    step,
  )
  return { ports, configs }
}

async function freeHome(home: string, onEvent: (text: string) => void): Promise<void> {
  const run = readRun(home)
  if (run && launcherLives(run)) {
    const addresses = Object.entries(addressesOf(run)).map(([name, address]) => `${name} ${address}`)
    throw new StackError(
      `Chorus already runs from ${home}`,
      [`Its launcher is process ${run.launcher.pid}.`, ...addresses].join('\n  '),
      'npx chorus down (to stop it), npx chorus status (to look at it)',
    )
  }
  await endStale(home, onEvent)
  removeRun(home)
}

function runner(
  parts: Part[],
  own: OwnRun,
  abort: AbortSignal,
  event: (text: string) => void,
): Context['run'] {
  return (spec) => {
    if (abort.aborted) throw new Interrupted()
    const part = supervise(spec, { started: own.started, event })
    parts.push(part)
    return part
  }
}

async function stopParts(parts: readonly Part[]): Promise<void> {
  await Promise.all(
    parts.filter(({ name }) => !infrastructure.includes(name)).map(async (part) => await part.stop()),
  )
  for (const name of infrastructure)
    await Promise.all(parts.filter((part) => part.name === name).map(async (part) => await part.stop()))
}

type Note = (name: string) => (note: string) => void

function stepper(
  { onProgress = () => {} }: StackOptions,
  abort: AbortSignal,
  fail: () => void,
): Step & { note: Note } {
  const since = new Map<string, number>()
  const tell = (step: string, state: Progress['state'], more: { note?: string } = {}) =>
    onProgress({ step, state, ms: Date.now() - (since.get(step) ?? Date.now()), ...more })
  const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    if (abort.aborted) throw new Interrupted()
    since.set(name, Date.now())
    tell(name, 'started')
    try {
      const result = await work()
      tell(name, 'done')
      return result
    } catch (error) {
      if (!(error instanceof Interrupted)) tell(name, 'failed')
      fail()
      throw error
    }
  }
  return Object.assign(step, { note: (name: string) => (note: string) => tell(name, 'note', { note }) })
}
