import { untilHeard } from './copied-flows.js'
import { load, type Arrivals } from './load.js'
import type { Measured, SuiteOptions } from './measured.js'
import { outcomeOf } from './outcome.js'
import { median } from './quantiles.js'
import type { Rig } from './rig.js'
import { ordersOf, type Shelf, type Workload } from './workload.js'

/** Orders of products that are asked for evenly, all of which can be completed. */
export const HAPPY: Workload = { products: 'uniform', failures: 0 }

const BETWEEN_SECONDS = 3

const LOOK_EVERY_MS = 1000

/** Asks the tracker again and again, as a page does. @returns a function that ends it */
function look({ admin }: Rig): () => void {
  const timer = setInterval(() => void admin.get('tracker', '/api/counts').catch(() => {}), LOOK_EVERY_MS)
  return () => clearInterval(timer)
}

/** A list that begins at another place. */
const turned = <T>(list: readonly T[], by: number): T[] => [
  ...list.slice(by % list.length),
  ...list.slice(0, by % list.length),
]

/** The windows in which the suite counts: some of each load. */
export class Windows {
  /** @param loads where the outcomes go, by load */
  constructor(
    private readonly options: Pick<SuiteOptions, 'seconds' | 'runs' | 'inFlight' | 'onStep'>,
    private readonly loads: Measured['loads'],
  ) {}

  /**
   * Round after round, so that whatever else the machine does hits all loads alike.
   * @param beside measured in each round too, while nothing else goes on
   */
  async rounds(
    rig: Rig,
    shelf: Shelf,
    loads: readonly [string, Workload][],
    beside?: () => Promise<void>,
  ): Promise<void> {
    for (let i = 0; i < this.options.runs; i++) {
      for (const [name, workload] of loads) await this.one(name, rig, shelf, workload, this.closed())
      await beside?.()
    }
  }

  /** As many orders as the system carries. */
  top(name: string, rig: Rig, shelf: Shelf): Promise<void> {
    return this.rounds(rig, shelf, [[name, HAPPY]])
  }

  /** So many orders a second. */
  async open(name: string, rig: Rig, shelf: Shelf, perSecond: number): Promise<void> {
    for (let i = 0; i < this.options.runs; i++)
      await this.one(name, rig, shelf, HAPPY, { kind: 'open', perSecond })
  }

  /** With the tracker, while somebody looks at its pages, and while it is stopped: by turns, in changing order. */
  async observed(rig: Rig, shelf: Shelf): Promise<void> {
    const { pid } = rig.run.parts.tracker!
    for (let i = 0; i < this.options.runs; i++)
      for (const name of turned(['unobserved', 'observed', 'watched'], i)) {
        process.kill(pid, name === 'unobserved' ? 'SIGSTOP' : 'SIGCONT')
        // What it missed is not to be caught up with in the window.
        if (name !== 'unobserved') await untilHeard(rig)
        const away = name === 'watched' ? look(rig) : undefined
        await this.one(name, rig, shelf, HAPPY, this.closed())
        away?.()
      }
    process.kill(pid, 'SIGCONT')
  }

  medianRate(name: string): number {
    return median(this.loads[name]!.map(({ perSecond }) => perSecond))
  }

  private closed(): Arrivals {
    return { kind: 'closed', inFlight: this.options.inFlight }
  }

  private async one(name: string, rig: Rig, shelf: Shelf, workload: Workload, arrivals: Arrivals) {
    const { seconds, onStep } = this.options
    onStep(`load ${name}`)
    const order = ordersOf(workload, shelf)
    const done = await load(rig, { arrivals, order, warmUpSeconds: BETWEEN_SECONDS, seconds })
    ;(this.loads[name] ??= []).push(await outcomeOf(rig, done))
  }
}
