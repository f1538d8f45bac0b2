import { launcherLives, layoutOf, logOf, readRun, type RunFile, type Settings } from '@chorus/stack'
import { spawn } from 'node:child_process'
import { closeSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/**
 * Starts a launcher in the background and waits until its stack is ready, showing what it prints. A stack that
 * already runs is fine.
 * @throws Error when the launcher ended; what it printed has said why.
 */
export async function startDetached(settings: Settings): Promise<RunFile> {
  const already = readRun(settings.home)
  if (already?.ready && launcherLives(already)) {
    console.log(`Chorus already runs from ${settings.home}.`)
    return already
  }
  const log = openLog(settings)
  const launcher = spawn(
    process.execPath,
    [fileURLToPath(new URL('../../bin/chorus.js', import.meta.url)), ...argumentsFor(settings)],
    {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    },
  )
  let ended = false
  launcher.once('exit', () => (ended = true))
  launcher.once('error', () => (ended = true))
  const pass = () => launcher.kill('SIGTERM')
  process.on('SIGINT', pass).on('SIGTERM', pass)
  try {
    for (;;) {
      log.printNew()
      const run = readRun(settings.home)
      if (run?.ready && run.launcher.pid === launcher.pid && log.saysReady()) return run
      if (ended) {
        log.printNew()
        throw new Error('The launcher in the background ended; what it printed is above.')
      }
      await wait(50)
    }
  } finally {
    process.off('SIGINT', pass).off('SIGTERM', pass)
    closeSync(log.fd)
    launcher.unref()
  }
}

function argumentsFor(settings: Settings): string[] {
  const free = settings.freePorts ? ['--free-ports'] : []
  return ['up', '--no-link', '--home', settings.home, '--cache', settings.cache, ...free]
}

/** The launcher's log, of which only what is new is shown. */
function openLog(settings: Settings) {
  const layout = layoutOf(settings.home)
  mkdirSync(layout.logs, { recursive: true })
  const fd = openSync(logOf(layout, 'launcher'), 'a+')
  let shown = fstatSync(fd).size
  let ready = false
  const printNew = () => {
    const buffer = Buffer.alloc(fstatSync(fd).size - shown)
    shown += readSync(fd, buffer, 0, buffer.length, shown)
    const lines = buffer.toString('utf8').split('\n')
    // the last thing that it prints: whoever goes by the run file alone misses what it tells just before
    ready ||= lines.some((line) => line.startsWith('Ready.'))
    // how to stop it and where it listens is said by whoever waits
    process.stdout.write(
      lines
        .filter((line) => !/^(Ready\.|$| {2}\S+ +\S*127\.0\.0\.1:\d+$)/.test(line))
        .map((line) => `${line}\n`)
        .join(''),
    )
  }
  return { fd, printNew, saysReady: () => ready }
}
