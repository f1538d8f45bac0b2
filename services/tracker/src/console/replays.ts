import { planReplay, runReplay, type Plan, type Stretch, type Wanted } from '@chorus/chassis/operate'
import type { DeclaredService, Topology } from '@chorus/contracts'
import { ask } from '../ask.js'
import type { Local } from '../local.js'
import { inWords } from './requests.js'

export interface ReplayContext {
  topology: Topology
  /** Addresses of the services by name. */
  urls: Readonly<Record<string, string>>
  local: Local
}

/** A replay that was begun here. */
export interface Replay {
  service: string
  plan: Plan
  startedMs: number
  /** Events that are still to come; unknown until the group was set back. */
  left?: number
  /** How the same events stand afterwards. */
  after?: Stretch[]
  endedMs?: number
  /** Why it failed. */
  trouble?: string
}

/** Leaving a group waits for what is at hand. */
const PATIENCE_MS = 30_000

/** Plans and runs replays, as `chorus replay` does; of each service the last one is remembered while this process lives. */
export class Replays {
  private readonly last = new Map<string, Replay>()

  constructor(private readonly context: ReplayContext) {}

  /** What would come again. @throws Error when Kafka or the service's database does not answer */
  plan(service: DeclaredService, wanted: Wanted): Promise<Plan> {
    const { local } = this.context
    return planReplay(local.kafka, service, local.databaseUrl(service.name), wanted)
  }

  /**
   * Begins a replay, and does not wait for its end.
   * @param authorization of whoever asks, an admin
   * @throws Error when one of this service goes on
   */
  async start(service: DeclaredService, wanted: Wanted, authorization: string): Promise<void> {
    const before = this.of(service.name)
    if (before && before.endedMs === undefined)
      throw new Error(`A replay of ${service.name} goes on: wait for its end`)
    const replay: Replay = {
      service: service.name,
      plan: { stretches: [], effects: [] },
      startedMs: Date.now(),
    }
    this.last.set(service.name, replay)
    try {
      replay.plan = await this.plan(service, wanted)
    } catch (error) {
      replay.endedMs = Date.now()
      throw error
    }
    void this.run(service, replay, authorization)
  }

  /** The last replay of a service, if there was one. */
  of(service: string): Replay | undefined {
    return this.last.get(service)
  }

  private async run(service: DeclaredService, replay: Replay, authorization: string): Promise<void> {
    const { urls, local } = this.context
    const act = async (what: string) => {
      const request = { authorization, body: {}, patienceMs: PATIENCE_MS }
      await ask(urls, service.name, `/admin/consumption/${what}`, request)
    }
    try {
      replay.after = await runReplay(
        {
          kafka: local.kafka,
          service,
          url: local.databaseUrl(service.name),
          pause: () => act('pause'),
          resume: () => act('resume'),
          onProgress: (left) => {
            replay.left = left
          },
        },
        replay.plan.stretches,
      )
    } catch (error) {
      replay.trouble = inWords(error)
    }
    replay.endedMs = Date.now()
  }
}
