import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { interruptible, onOwnStack } from '../own-stack.js'
import type { Mutation } from '../prove/mutation.js'
import { mutations } from '../prove/mutations.js'
import { Prover, type Proof } from '../prove/prove.js'

const PRELOAD = new URL('../prove/preload.js', import.meta.url)

/** Short patience, so that a fault shows soon. */
const serviceEnv = (planFile: string) => ({
  CONSUMER_SESSION_MS: '1000',
  GATEWAY_TIMEOUT_MS: '700',
  NODE_OPTIONS: `--import ${pathToFileURL(fileURLToPath(PRELOAD)).href}?plan=${encodeURIComponent(pathToFileURL(planFile).href)}`,
})

function lineOf({ fault, service, breaks, found, right, ms }: Proof): string {
  const seconds = `${(ms / 1000).toFixed(1).padStart(5)} s`
  const numbers = [...new Set(found.map(({ invariant }) => invariant))].join(', ') || 'nothing'
  const verdict = breaks.length === 0 ? (right ? 'clean ' : 'FALSE ') : right ? 'caught' : 'MISSED'
  return `${verdict}  ${seconds}  ${fault} (${service}): ${numbers}${right ? '' : `, expected ${breaks.join(', ') || 'nothing'}`}`
}

const onOwn = (chosen: readonly Mutation[], planFile: string, signal: AbortSignal): Promise<Proof[]> =>
  onOwnStack({ serviceEnv: serviceEnv(planFile) }, signal, async (run) => {
    const prover = await Prover.on(run, planFile)
    const proofs: Proof[] = []
    const note = (proof: Proof) => {
      console.error(lineOf(proof))
      proofs.push(proof)
    }
    note(await prover.control())
    for (const mutation of chosen) note(await prover.prove(mutation))
    return proofs
  })

/**
 * Puts faults into the code of running services, one after the other, on a system of its own, and asks the auditor each
 * time. Exit code 1 when it misses one, or finds something where nothing is.
 * @param part only faults whose name has this part
 * @throws Error when there is no such fault
 */
export async function prove(part: string, json: boolean): Promise<void> {
  const chosen = mutations.filter(({ fault }) => fault.includes(part))
  if (chosen.length === 0)
    throw new Error(`no fault has "${part}" in its name: see the list in docs/reliability.md`)
  const folder = mkdtempSync(join(tmpdir(), 'chorus-prove-'))
  try {
    const proofs = await interruptible((signal) => onOwn(chosen, join(folder, 'plan.json'), signal))
    const wrong = proofs.filter(({ right }) => !right).length
    if (json) console.log(JSON.stringify({ holds: wrong === 0, proofs }, null, 2))
    else {
      console.log(proofs.map(lineOf).join('\n'))
      console.log(`\n${proofs.length - 1} faults of the code, ${wrong} not judged rightly.`)
    }
    process.exitCode = wrong === 0 ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true })
  }
}
