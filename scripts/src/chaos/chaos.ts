import { setTimeout as pause } from 'node:timers/promises'
import type { RunFile } from '@chorus/stack'
import { auditAddresses } from '../audit/addresses.js'
import { untilAtRest } from '../audit/at-rest.js'
import { audit } from '../audit/audit.js'
import type { Finding } from '../audit/finding.js'
import { heal, inflict } from './faults.js'
import { startLoad, type Load } from './load.js'
import { lineOf, planOf, type Fault } from './plan.js'

export interface ChaosOptions {
  seed: number
  orders: number
  faults: number
  /** How long after the last fault everything must have come to its end, ms. */
  restMs: number
  onProgress?(line: string): void
}

/** What a run of chaos came to. */
export interface ChaosReport extends Pick<ChaosOptions, 'seed' | 'orders'> {
  faults: Fault[]
  acknowledged: number
  /** From the first order until the last one was acknowledged and the last fault was over. */
  loadMs: number
  /** From then until everything had come to its end. */
  restMs: number
  findings: Finding[]
}

/** What a seed does to a run. */
export const planFor = (run: RunFile, { seed, faults }: Pick<ChaosOptions, 'seed' | 'faults'>) =>
  planOf(seed, faults, Object.keys(run.parts).toSorted())

/** Inflicts the faults one after the other, spread over the orders, until the load ends early. */
async function spread(
  home: string,
  plan: readonly Fault[],
  load: Load,
  say: (line: string) => void,
): Promise<void> {
  for (const [i, fault] of plan.entries()) {
    const from = ((i + 0.5) * load.orders) / plan.length
    while (load.acknowledged.length < from && !load.failed()) await pause(20)
    if (load.failed()) return
    say(`${i + 1} of ${plan.length}: ${lineOf(fault)}`)
    await inflict(home, fault)
  }
}

/**
 * Places orders while it does the worst to the system, then waits until everything has come to its end, and audits.
 * The same seed inflicts the same faults in the same order; when exactly they meet an order is up to the machine.
 * @throws Error when a part does not come back, or the system does not come to rest in time
 */
export async function chaos(run: RunFile, options: ChaosOptions): Promise<ChaosReport> {
  const { seed, orders, restMs, onProgress: say = () => {} } = options
  const plan = planFor(run, options)
  const load = await startLoad(run, orders)
  const startedAt = Date.now()
  try {
    await Promise.all([load.done, spread(run.home, plan, load, say)])
  } finally {
    await heal(run.home)
  }
  const loadedAt = Date.now()
  say('waiting until everything has come to its end')
  await untilAtRest(auditAddresses(run), restMs)
  const restedAt = Date.now()
  const findings = await audit(auditAddresses(run), { acknowledged: load.acknowledged })
  const { length: acknowledged } = load.acknowledged
  const times = { loadMs: loadedAt - startedAt, restMs: restedAt - loadedAt }
  return { seed, orders, faults: plan, acknowledged, ...times, findings }
}
