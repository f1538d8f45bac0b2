import type { RunningConsumer } from '../consumer.js'
import { NOTHING, type ActionRoute } from '../routes.js'
import { answerSchema } from '../schemas.js'

/** A service's membership in its consumer group, which can be given up for a while; requests are answered all the same. */
export class Consumption {
  private consumer: RunningConsumer | undefined
  private last: Promise<unknown> = Promise.resolve()

  /** @param join starts consuming */
  constructor(private readonly join: () => Promise<RunningConsumer>) {}

  get state(): 'RUNNING' | 'PAUSED' {
    return this.consumer ? 'RUNNING' : 'PAUSED'
  }

  /** True when it consumes, or is not meant to. */
  ready = (): boolean => this.consumer?.joined() ?? true

  /** Joins the group and goes on from its offsets; nothing happens when it has joined. */
  resume(): Promise<void> {
    return this.after(async () => {
      this.consumer ??= await this.join()
    })
  }

  /** Finishes what is at hand, commits its offsets and leaves the group: then its offsets can be moved. */
  pause(): Promise<void> {
    return this.after(async () => {
      const { consumer } = this
      this.consumer = undefined
      await consumer?.stop()
    })
  }

  private after(work: () => Promise<void>): Promise<void> {
    const done = this.last.then(work)
    this.last = done.catch(() => {})
    return done
  }
}

const answer = answerSchema('Consumption', {
  state: { enum: ['RUNNING', 'PAUSED'], description: 'Whether this process is a member of its group.' },
})

const shape = { method: 'post', access: 'admin', body: NOTHING, status: 200, answer } as const

/** Lets an operator take the service out of its consumer group and back in. A process that is started anew joins it. */
export const consumptionRoutes: readonly ActionRoute[] = [
  {
    ...shape,
    path: '/admin/consumption/pause',
    name: 'pauseConsumption',
    summary: 'Leave the consumer group; requests are still answered',
    act: async ({ consumption }) => {
      await consumption.pause()
      return { state: consumption.state }
    },
  },
  {
    ...shape,
    path: '/admin/consumption/resume',
    name: 'resumeConsumption',
    summary: 'Join the consumer group again, at its offsets',
    act: async ({ consumption }) => {
      await consumption.resume()
      return { state: consumption.state }
    },
  },
]
