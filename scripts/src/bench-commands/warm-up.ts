import { compilerSecondsOf } from './cpu.js'
import { load, type LoadOptions } from './load.js'
import type { Rig } from './rig.js'

const LOOK_SECONDS = 5
/** Of a core: what the JVMs' compilers may still take of what is to be measured. */
const AT_REST = 0.15
const MOST_TIMES_OVER = 3

/**
 * Puts a load on the system until the JVMs have compiled what runs often: until then their compilers take what the
 * services should have, however little there is to do. On two cores that lasts for minutes.
 * @param seconds at least; at most three times as long
 * @returns the share of a core that the compilers took at last
 */
export async function warmUp(
  rig: Rig,
  options: Pick<LoadOptions, 'arrivals' | 'order'>,
  seconds: number,
): Promise<number> {
  await load(rig, { ...options, warmUpSeconds: seconds, seconds: 1 })
  const end = performance.now() + (MOST_TIMES_OVER - 1) * seconds * 1000
  for (;;) {
    const [begunMs, before] = [performance.now(), compilerSecondsOf(rig.run)]
    await load(rig, { ...options, warmUpSeconds: LOOK_SECONDS - 1, seconds: 1 })
    const share = (compilerSecondsOf(rig.run) - before) / ((performance.now() - begunMs) / 1000)
    if (share <= AT_REST || performance.now() > end) return share
  }
}
