import { setTimeout as wait } from 'node:timers/promises'
import { cpuBetween, cpuOf, memoryOf } from './cpu.js'
import type { Rig } from './rig.js'

/** What the CPU and memory of a system at rest are. */
export interface Idle {
  /** Share of one core, by part. */
  cores: Record<string, number>
  /** Resident bytes, by part. */
  memory: Record<string, number>
}

/** Looks at a system that has nothing to do, for so long. */
export async function idleOf(rig: Rig, seconds: number): Promise<Idle> {
  const before = cpuOf(rig.run)
  await wait(seconds * 1000)
  const used = cpuBetween(before, cpuOf(rig.run))
  return {
    cores: Object.fromEntries(Object.entries(used).map(([part, s]) => [part, s / seconds])),
    memory: memoryOf(rig.run),
  }
}
