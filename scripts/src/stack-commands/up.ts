import { Interrupted, addressesOf, startStack, type RunFile, type Settings, type Stack } from '@chorus/stack'
import type { Command } from 'commander'
import { consoleUrl } from '../console-commands/console.js'
import { demo } from '../demo.js'
import { startDetached } from './detached.js'
import { settingsFor, withHome, type HomeOptions } from './options.js'
import { progressView } from './progress.js'

interface UpOptions extends HomeOptions {
  readonly detach?: boolean
  readonly freePorts?: boolean
  readonly demo?: boolean
  readonly link: boolean
}

/** `chorus up`. */
export function registerUp(program: Command): void {
  withHome(program.command('up'))
    .description('start everything and keep it running until Ctrl-C')
    .option('--detach', 'start in the background and return when all is ready')
    .option('--free-ports', 'pick free ports instead of the usual ones (status shows them)')
    .option('--demo', 'play a short demonstration when all is ready')
    .option('--no-link', 'print no link that opens the console: for output that ends up in a log')
    .option('--cache <dir>', 'folder for downloads (default: CHORUS_CACHE, or .cache in the repository)')
    .action(async (options: UpOptions) => {
      const settings = settingsFor(options, options.freePorts)
      if (!options.detach) return await upHere(settings, options)
      const run = await startDetached(settings)
      printAddresses(run)
      if (options.demo) await demo(run)
      if (options.link) await printConsole(run)
      console.log('It runs in the background. To stop it: npx chorus down')
    })
}

async function upHere(settings: Settings, { demo: withDemo, link }: UpOptions): Promise<void> {
  const stop = stopRequest()
  const view = progressView(settings)
  const held: string[] = []
  let tell = (text: string): void => {
    held.push(text)
  }
  const tellHeld = async () => {
    await view.end()
    tell = (text) => console.log(text)
    for (const text of held) tell(text)
  }
  let stack: Stack
  try {
    const onEvent = (text: string) => tell(text)
    stack = await startStack({
      settings,
      onEvent,
      onProgress: view.show,
      signal: stop.asked,
      killSignal: stop.forced,
    })
    await tellHeld()
  } catch (error) {
    await tellHeld()
    if (!(error instanceof Interrupted)) throw error
    console.log('Stopped before it was ready.')
    return
  }
  printAddresses(stack.run)
  try {
    if (withDemo) await demo(stack.run)
    if (link) await printConsole(stack.run)
    console.log('Ready. Ctrl-C stops it.')
    await aborted(stop.asked)
    console.log('Stopping ...')
  } finally {
    await stack.stop()
  }
  console.log('Stopped.')
}

/** The first Ctrl-C (or SIGTERM, or a closed terminal) asks, the second one forces. */
function stopRequest(): { asked: AbortSignal; forced: AbortSignal } {
  const asked = new AbortController()
  const forced = new AbortController()
  const onSignal = () => (asked.signal.aborted ? forced : asked).abort()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal)
  // a defect of the launcher must not leave the parts behind
  process.on('uncaughtException', (error) => {
    console.error(error)
    process.exitCode = 1
    asked.abort()
  })
  return { asked: asked.signal, forced: forced.signal }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
}

function printAddresses(run: RunFile): void {
  const addresses = Object.entries(addressesOf(run))
  const width = Math.max(...addresses.map(([name]) => name.length))
  console.log(`\n${addresses.map(([name, address]) => `  ${name.padEnd(width)}  ${address}`).join('\n')}\n`)
}

async function printConsole(run: RunFile): Promise<void> {
  const url = await consoleUrl(run)
  if (url !== undefined)
    console.log(`\nThe console (this link opens it once; npx chorus console prints another):\n  ${url}\n`)
}
