import { setTimeout as pause } from 'node:timers/promises'
import { databaseUrlOf, type RunFile } from '@chorus/stack'
import { auditAddresses } from '../audit/addresses.js'
import { untilAtRest } from '../audit/at-rest.js'
import { audit } from '../audit/audit.js'
import type { Finding } from '../audit/finding.js'
import { untilStreamed } from '../recover/streamed.js'
import { heal, inflict, mayMiss } from './faults.js'
import { startLoad, type Load } from './load.js'
import type { Meddled, Meddling } from './meddler.js'
import { startMeddling } from './meddling.js'
import { lineOf, planOf, type Planned, type PlanOptions } from './plan.js'
import { Tidier } from './tidy.js'

export interface ChaosOptions extends PlanOptions {
  meddling: Meddling
  /** How long after the last fault everything must have come to its end, ms. */
  restMs: number
  onProgress?(line: string): void
}

/** What a run of chaos came to. */
export interface ChaosReport extends Pick<ChaosOptions, 'seed' | 'orders'> {
  faults: Planned[]
  /** Faults that could not be inflicted, and why: their part was just about to end or to begin. */
  missed: string[]
  acknowledged: number
  meddled: Meddled
  /** From the first order until the last one was acknowledged and the last fault was over. */
  loadMs: number
  /** From then until everything had come to its end. */
  restMs: number
  findings: Finding[]
}

/** What a seed does to a run. */
export const planFor = (run: RunFile, options: PlanOptions) =>
  planOf(options, Object.keys(run.parts).toSorted())

/** Inflicts the faults one after the other, each after its order, until the load ends early. @returns those missed */
async function spread(
  home: string,
  plan: readonly Planned[],
  load: Load,
  say: (line: string) => void,
): Promise<string[]> {
  const missed: string[] = []
  for (const [i, fault] of plan.entries()) {
    while (load.acknowledged.length < fault.after && !load.failed()) await pause(20)
    if (load.failed()) break
    say(`${i + 1} of ${plan.length}: ${lineOf(fault)}`)
    await inflict(home, fault).catch((error: Error) => {
      if (!mayMiss(fault)) throw error
      missed.push(`${lineOf(fault)}: ${error.message}`)
    })
  }
  return missed
}

/**
 * Waits until nothing moves any more, and looks after what was set aside meanwhile, because orders wait behind it.
 * The last events of a flow lead to nothing: that they were sent is waited for apart.
 */
async function settle(run: RunFile, meddled: Meddled, restMs: number): Promise<Finding> {
  const tidier = new Tidier(run, meddled)
  const tidy = () => tidier.round()
  await untilAtRest(auditAddresses(run), restMs, tidy)
  await Promise.all(run.services.map((service) => untilStreamed(databaseUrlOf(run, service))))
  await untilAtRest(auditAddresses(run), restMs, tidy)
  return tidier.finding()
}

/** Places the orders and inflicts the faults meanwhile. Whatever comes of it, no fault goes on afterwards. */
async function underFaults(
  run: RunFile,
  faults: readonly Planned[],
  orders: number,
  say: (line: string) => void,
): Promise<{ missed: string[]; acknowledged: readonly string[]; loadMs: number }> {
  const load = await startLoad(run, orders)
  const startedAt = Date.now()
  try {
    const [missed] = await Promise.all([spread(run.home, faults, load, say), load.done])
    return { missed, acknowledged: load.acknowledged, loadMs: Date.now() - startedAt }
  } finally {
    await heal(run.home)
  }
}

/**
 * Places orders while it does the worst to the system, then waits until everything has come to its end, and audits.
 * The same seed inflicts the same faults after the same orders; what exactly they meet is up to the machine.
 * @throws Error when a part does not come back, or the system does not come to rest in time
 */
export async function chaos(run: RunFile, options: ChaosOptions): Promise<ChaosReport> {
  const { seed, orders, restMs: patienceMs, onProgress: say = () => {} } = options
  const faults = planFor(run, options)
  const endMeddling = await startMeddling(run, seed, options.meddling)
  const under = underFaults(run, faults, orders, say)
  await under.catch(endMeddling)
  const { missed, acknowledged, loadMs } = await under
  const loadedAt = Date.now()
  const meddled = await endMeddling()
  say('waiting until everything has come to its end')
  const parking = await settle(run, meddled, patienceMs)
  const restMs = Date.now() - loadedAt
  say('looking for anything lost, doubled or stuck')
  const findings = [...(await audit(auditAddresses(run), { acknowledged })), parking]
  return {
    seed,
    orders,
    faults,
    missed,
    acknowledged: acknowledged.length,
    meddled,
    loadMs,
    restMs,
    findings,
  }
}
