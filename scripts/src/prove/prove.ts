import { rmSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { databaseUrlOf, type RunFile } from '@chorus/stack'
import { auditAddresses } from '../audit/addresses.js'
import { audit } from '../audit/audit.js'
import type { Finding } from '../audit/finding.js'
import { Buyer } from '../buyer.js'
import type { Meddled } from '../chaos/meddler.js'
import { Tidier } from '../chaos/tidy.js'
import { untilStreamed } from '../recover/streamed.js'
import { startAnew } from '../start-anew.js'
import type { Mutation } from './mutation.js'
import { workload } from './workload.js'

/** What the auditor found of a fault of the code. */
export interface Proof extends Pick<Mutation, 'fault' | 'service' | 'breaks'> {
  /** What was not broken before: by invariant, how many things more. */
  found: { invariant: number; what: string; more: number }[]
  /** It broke every invariant that it must break; without any, it broke none. */
  right: boolean
  ms: number
}

/** Without a fault there is nothing to find, whatever is killed or times out. */
const NO_FAULT: Mutation = { fault: 'none', service: 'payment', edits: [], breaks: [], with: 'kills' }
const AGAIN_MS = 500
/** What has not moved for so long does not move any more. */
const STUCK_MS = 6000
/** Open orders and payments, and what is not consumed yet. */
const MOVING = new Set([2, 16])

const brokenIn = (findings: readonly Finding[]) => new Map(findings.map(({ what, broken }) => [what, broken]))

/** Puts faults into the code of services, one after the other, and asks the auditor each time. */
export class Prover {
  private last: string | undefined

  private constructor(
    private readonly run: RunFile,
    private readonly planFile: string,
    private readonly shelf: Buyer,
  ) {}

  /** @param planFile that every service of this run reads when it starts: see preload.ts */
  static async on(run: RunFile, planFile: string): Promise<Prover> {
    return new Prover(run, planFile, await Buyer.of(run))
  }

  /** The same orders without any fault of the code, beside kills. */
  async control(): Promise<Proof> {
    return this.prove(NO_FAULT)
  }

  /** @throws Error when the service does not start with it: its place in the code is gone, for one */
  async prove(mutation: Mutation): Promise<Proof> {
    const startedAt = Date.now()
    const { fault, service, breaks, edits } = mutation
    writeFileSync(this.planFile, JSON.stringify({ service, edits }))
    await startAnew(this.run, [...new Set([this.last ?? service, service])])
    this.last = service
    const before = brokenIn(await this.look(false))
    const meddled = await workload(this.run, this.shelf, mutation)
    rmSync(this.planFile)
    await this.rest(meddled, before)
    const after = (await this.look(false)).map(({ invariant, what, broken }) => ({
      invariant,
      what,
      more: broken - (before.get(what) ?? 0),
    }))
    const found = after.filter(({ more }) => more > 0)
    const right =
      breaks.length === 0
        ? found.length === 0
        : breaks.every((one) => found.some(({ invariant }) => invariant === one))
    return { fault, service, breaks, found, right, ms: Date.now() - startedAt }
  }

  private look(skipTopics: boolean): Promise<Finding[]> {
    return audit(auditAddresses(this.run), { skipTopics })
  }

  /** Waits until no more is open than before, or what is left has not changed for a while: it is stuck. */
  private async rest(meddled: Meddled, before: ReadonlyMap<string, number>): Promise<void> {
    const tidier = new Tidier(this.run, meddled)
    const open = async () => {
      const findings = await this.look(true)
      return findings
        .filter(({ invariant, what, broken }) => MOVING.has(invariant) && broken > (before.get(what) ?? 0))
        .map(({ what, broken }) => `${broken} ${what}`)
        .join()
    }
    let last = await open()
    for (let since = Date.now(); Date.now() - since < STUCK_MS; await pause(AGAIN_MS)) {
      await tidier.round()
      const now = await open()
      if (now === '') return this.streamed()
      if (now !== last) [last, since] = [now, Date.now()]
    }
  }

  private async streamed(): Promise<void> {
    await Promise.all(this.run.services.map((service) => untilStreamed(databaseUrlOf(this.run, service))))
  }
}
