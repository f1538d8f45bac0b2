import { onOwnStack as onOwn } from '../own-stack.js'
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
  return onOwn(variant, signal, async (run) => {
    const rig = await Rig.open(run)
    try {
      return await measure(rig, await fillShelf(rig))
    } finally {
      await rig.close()
    }
  })
}
