import type { RunFile } from '@chorus/stack'
import { auditAddresses } from '../audit/addresses.js'
import { untilAtRest } from '../audit/at-rest.js'
import { audit } from '../audit/audit.js'
import { Buyer, type Placed } from '../buyer.js'
import { startAnew } from '../start-anew.js'
import type { Flow } from './flows.js'
import { arm, crossings, watch, type Armed, type Point } from './points.js'
import { crashRecovery, recoveryBoundaries } from './recovery.js'

const REST_MS = 30_000
const MOST_TRIES = 4

/** What a service notes only for a while after it was killed. */
const isCare = ({ point }: Point) => point.endsWith(' begun_batches')

/** What became of it when something ended at some points. */
export interface Tried {
  points: readonly Point[]
  /** Of those, where nothing ended: what comes together is committed together, so a second time may not come. */
  missed: readonly Point[]
  /** What does not hold afterwards; nothing, when all is well. */
  broken: string[]
  /** Until nothing moved any more. */
  ms: number
}

/** Ends services, or a recovery, at exact places, and looks whether all is well afterwards. */
export class TryOut {
  private constructor(
    private readonly run: RunFile,
    private readonly buyer: Buyer,
  ) {}

  static async on(run: RunFile): Promise<TryOut> {
    return new TryOut(run, await Buyer.of(run))
  }

  /** Every boundary that an order comes by in the services, or that a recovery comes by, while all is well. */
  async boundaries(flow: Flow | 'recover'): Promise<Point[]> {
    if (flow === 'recover') return recoveryBoundaries(this.run)
    const { services } = this.run
    const go = await this.prepare(flow)
    await watch(this.run, services)
    await crossings(this.run, services)
    await this.ends(flow, await go())
    await this.rest()
    const points = await crossings(this.run, services)
    return flow.afterACrash ? points.filter(({ nth }) => nth === 1) : points.filter((one) => !isCare(one))
  }

  /**
   * Places one order, and has services end on its way, each at one point at most; or does so with a recovery.
   * @throws Error when the order does not come to its end, or the system not to rest
   */
  async crashAt(flow: Flow | 'recover', points: readonly Point[]): Promise<Tried> {
    const startedAt = Date.now()
    const { broken, missed } =
      flow === 'recover' ? await this.crashRecovery(points[0]!) : await this.crashOrder(flow, points)
    await this.rest()
    const ms = Date.now() - startedAt
    return { points, missed, ms, broken: [...broken, ...(await this.broken(true))] }
  }

  /**
   * Tries a point until it is reached, some times at most: what comes together is committed together, and then a second
   * time does not come. That is chance; a first time that does not come is a fault.
   */
  async tryPoint(flow: Flow | 'recover', point: Point): Promise<Tried> {
    const stuck = (error: Error): Tried => ({ points: [point], missed: [], ms: 0, broken: [error.message] })
    const once = () => this.crashAt(flow, [point]).catch(stuck)
    let tried = await once()
    for (let i = 1; i < MOST_TRIES && tried.missed.length > 0; i++) tried = await once()
    const lost = tried.missed.some(({ nth }) => nth === 1)
    return lost ? { ...tried, broken: [...tried.broken, 'it was not reached'] } : tried
  }

  /** What does not hold. */
  async broken(skipTopics: boolean): Promise<string[]> {
    const findings = await audit(auditAddresses(this.run), { skipTopics })
    return findings.filter(({ broken }) => broken > 0).map(({ what, ids }) => `${what}: ${ids.join(', ')}`)
  }

  private async prepare(flow: Flow): Promise<() => Promise<Placed>> {
    await this.rest()
    if (flow.afterACrash) await startAnew(this.run, this.run.services)
    return flow.prepare(this.buyer, this.run)
  }

  private async crashRecovery(point: Point): Promise<Pick<Tried, 'broken' | 'missed'>> {
    return { broken: await crashRecovery(this.run, point), missed: [] }
  }

  private async crashOrder(flow: Flow, points: readonly Point[]): Promise<Pick<Tried, 'broken' | 'missed'>> {
    const go = await this.prepare(flow)
    const armed: Armed[] = []
    for (const point of points) armed.push(await arm(this.run, point))
    const broken = await this.ends(flow, await go())
    const ended = await Promise.all(armed.map((one) => one.ended()))
    return { broken, missed: points.filter((_, i) => !ended[i]) }
  }

  private rest(): Promise<void> {
    return untilAtRest(auditAddresses(this.run), REST_MS)
  }

  private async ends({ end }: Flow, { id, buyer }: Placed): Promise<string[]> {
    const status = await buyer.ended(id)
    return status === end ? [] : [`order ${id} is ${status}, not ${end}`]
  }
}
