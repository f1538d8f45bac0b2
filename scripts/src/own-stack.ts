import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadSettings, startStack, type RunFile, type SettingsOverrides } from '@chorus/stack'

/**
 * Starts a whole system of its own on free ports, has something done with it, stops it and removes its data, whatever
 * happens.
 * @param overrides its settings, where they differ from the usual ones
 * @param signal calls it off
 * @throws Error when it is called off, StackError when it cannot start
 */
export async function onOwnStack<T>(
  overrides: SettingsOverrides,
  signal: AbortSignal,
  work: (run: RunFile) => Promise<T>,
): Promise<T> {
  const home = mkdtempSync(join(tmpdir(), 'chorus-own-'))
  const settings = loadSettings({ home, freePorts: true, observers: false, ...overrides })
  const called = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('It was called off.')), { once: true })
  })
  called.catch(() => {})
  try {
    const stack = await startStack({ settings, signal })
    try {
      return await Promise.race([work(stack.run), called])
    } finally {
      await stack.stop()
    }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

/** What was under way when a command was called off may ask a stack that is gone, again and again. */
const LAST_WORDS_MS = 1000

/** Nobody waits any more for what fails because the stack is gone. */
const letGo = () => {}

/** Runs a command that Ctrl-C calls off, so that it can put everything away first, also when it is pressed again. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const called = new AbortController()
  const call = () => {
    called.abort()
    process.on('unhandledRejection', letGo)
  }
  process.on('SIGINT', call).on('SIGTERM', call)
  try {
    return await work(called.signal)
  } finally {
    process.off('SIGINT', call).off('SIGTERM', call)
    if (called.signal.aborted) setTimeout(() => process.exit(), LAST_WORDS_MS).unref()
  }
}
