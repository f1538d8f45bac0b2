import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadSettings, startStack } from '@chorus/stack'
import { Rig } from './rig.js'
import { fillShelf, type Shelf } from './workload.js'

/** A system to measure: its settings, where they differ from the usual ones. */
export interface Variant {
  /** Variables of every service. */
  serviceEnv?: Record<string, string>
  /** Of each events topic. */
  partitions?: number
  /** Also starts the services that only watch. */
  observers?: boolean
}

/**
 * Starts a whole system of its own on free ports, has it measured, stops it and removes its data, whatever happens.
 * @param signal calls it off
 */
export async function onOwnStack<T>(
  variant: Variant,
  signal: AbortSignal,
  measure: (rig: Rig, shelf: Shelf) => Promise<T>,
): Promise<T> {
  const home = mkdtempSync(join(tmpdir(), 'chorus-bench-'))
  const settings = loadSettings({ home, freePorts: true, observers: false, ...variant })
  const called = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('The bench was called off.')), { once: true })
  })
  called.catch(() => {})
  try {
    const stack = await startStack({ settings, signal })
    try {
      const rig = await Rig.open(stack.run)
      try {
        return await Promise.race([fillShelf(rig).then((shelf) => measure(rig, shelf)), called])
      } finally {
        await rig.close()
      }
    } finally {
      await stack.stop()
    }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}
