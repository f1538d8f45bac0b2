import type { ProcessId } from './processes.js'
import { endProcess } from './processes.js'
import { launcherLives, livingParts, readRun } from './run-file.js'

/**
 * Ends what a launcher that was killed left running in this home, last started first.
 * Does nothing while the launcher lives.
 * @returns the names of the parts that were ended.
 */
export async function endStale(home: string, event: (text: string) => void): Promise<string[]> {
  const run = readRun(home)
  if (!run || launcherLives(run)) return []
  const left = livingParts(run)
  if (left.length > 0)
    event(
      `an earlier launcher (process ${run.launcher.pid}) was killed and left ${left.map(([name]) => name).join(', ')}: ending them`,
    )
  const nodes = left.filter(([name]) => !infrastructure.includes(name))
  await Promise.all(nodes.map(async ([, id]) => await endProcess(id, 'SIGTERM', 15_000)))
  for (const name of infrastructure) {
    const id: ProcessId | undefined = left.find(([other]) => other === name)?.[1]
    if (id) await endProcess(id, name === 'postgres' ? 'SIGINT' : 'SIGTERM', 20_000)
  }
  return left.map(([name]) => name)
}

/** What the services stand on, in the order in which it is stopped. */
export const infrastructure: readonly string[] = ['connect', 'kafka', 'postgres']
