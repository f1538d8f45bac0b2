import { coupon } from '@chorus/coupon'
import type { Call, Recorded, Service } from '@chorus/chassis'
import { Rehearsal, type Answer } from '@chorus/chassis/testing'
import { order } from '@chorus/order'
import { payment } from '@chorus/payment'
import { product } from '@chorus/product'
import { expect } from 'chai'
import { FickleGateway, type Luck } from './gateway.fixtures.js'
import { checkSteps, statusesOf } from './laws.fixtures.js'

export const NAMES = ['order', 'coupon', 'product', 'payment'] as const
export type Name = (typeof NAMES)[number]
const DEADLINE_SECONDS = 60
const SECOND = 1000
const MOST_STEPS = 2000

/** One turn of the event loop: lets what was answered be taken up. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

/** A call that an effect makes, and what it came to. */
interface Running {
  outcome?: { call: Call | undefined }
}

/**
 * The four services with Kafka between them: one queue for each consumer, topic and key. What happens next is
 * chosen from outside, one thing at a time.
 */
export class World {
  readonly gateway = new FickleGateway()
  private readonly made = {
    order: order({ deadlineSeconds: DEADLINE_SECONDS }) as unknown as Service,
    coupon: coupon as unknown as Service,
    product: product as unknown as Service,
    payment: payment(this.gateway) as unknown as Service,
  }
  readonly services = Object.fromEntries(
    NAMES.map((name) => [name, new Rehearsal(this.made[name])]),
  ) as Record<Name, Rehearsal>
  /** Each service's outbox. */
  readonly outbox: Record<Name, Recorded[]> = { order: [], coupon: [], product: [], payment: [] }
  private readonly ids = new Set<string>()
  private readonly queues = new Map<string, { to: Name; events: Recorded[] }>()
  private readonly heard: { to: Name; event: Recorded }[] = []
  private readonly running = new Map<string, Running>()
  private now = Date.parse('2026-03-01T12:00:00Z')

  /** @param held checked after everything that happens */
  constructor(private readonly law: (world: World) => void = () => {}) {}

  get at(): Date {
    return new Date(this.now)
  }

  /** Time passes until this moment. */
  passTo(at: Date): void {
    this.now = Math.max(this.now, at.getTime())
  }

  /** Sends a service a request, by the name of its rule. */
  async command(to: Name, rule: string, body: unknown, userId = 'u1', id?: string): Promise<Answer> {
    const found = this.made[to].commands.find(({ name }) => name === rule)!
    const about = { userId, at: this.at, ...(id !== undefined && { id }) }
    let answer: Answer | undefined
    await this.changing(to, async () => {
      answer = await this.services[to].command(found, body, about)
      return 'events' in answer ? answer.events : []
    })
    return answer!
  }

  /** Everything that must happen sooner or later, and may happen now. */
  options(): ((luck: Luck) => Promise<unknown>)[] {
    const waiting = [...this.queues.values()].filter(({ events }) => events.length > 0)
    const finished = [...this.running].filter(([, { outcome }]) => outcome)
    return [
      ...waiting.map((queue) => () => this.deliver(queue)),
      ...this.callable().map((start) => start),
      ...this.gateway.requests.map(
        (_, i) => async (luck: Luck) => this.gateway.requests.splice(i, 1)[0]!(luck),
      ),
      ...finished.map(
        ([key, { outcome }]) =>
          () =>
            this.record(key, outcome!.call),
      ),
      ...this.gateway.late.map((_, i) => async () => this.gateway.late.splice(i, 1)[0]!()),
    ]
  }

  /** Does one thing. */
  async step(option: (luck: Luck) => Promise<unknown>, luck: Luck = 'fine'): Promise<void> {
    this.now += SECOND
    await option(luck)
    await turn()
  }

  /** Does what is left to be done, in the plainest order, until nothing is or this holds. */
  async settle(until: () => boolean = () => false): Promise<void> {
    for (let left = MOST_STEPS; left > 0; left--) {
      const [next] = this.options()
      if (!next || until()) return
      await this.step(next)
    }
    throw new Error('it never comes to rest')
  }

  /** A message comes a second time, when its inbox entry is gone: nothing may follow from it. */
  async repeat(n: number): Promise<void> {
    const again = this.heard[n % Math.max(1, this.heard.length)]
    if (!again) return
    const before = this.services[again.to].rows()
    const events = await this.services[again.to].hear(again.event, this.at)
    expect(events, `${again.event.type} heard again by ${again.to}`).to.eql([])
    expect(this.services[again.to].rows(), `${again.event.type} heard again`).to.eql(before)
  }

  /** The payment service is killed: nobody waits for the answers to its calls. */
  crash(): void {
    this.running.clear()
    this.gateway.cutOff()
  }

  private async deliver(queue: { to: Name; events: Recorded[] }): Promise<void> {
    const event = queue.events[0]!
    await this.changing(queue.to, async () => {
      const emitted = await this.services[queue.to].hear(event, this.at)
      queue.events.shift()
      this.heard.push({ to: queue.to, event })
      return emitted
    })
  }

  /** The calls that rows wait for and nobody makes. */
  private callable() {
    return (this.made.payment.effects ?? []).flatMap((effect) =>
      this.services.payment
        .rows()
        .payments!.filter((row) => effect.wants(row) && !this.running.has(`${effect.name} ${String(row.id)}`))
        .map((row) => async () => {
          const running: Running = {}
          this.running.set(`${effect.name} ${String(row.id)}`, running)
          effect.run(row, '').then(
            (call) => (running.outcome = { call }),
            () => (running.outcome = { call: undefined }),
          )
        }),
    )
  }

  private async record(key: string, call: Call | undefined): Promise<void> {
    if (call) await this.command('payment', call.rule.name, call.body, 'service:payment', call.id)
    this.running.delete(key)
  }

  private async changing(name: Name, work: () => Promise<Recorded[]>): Promise<void> {
    const before = statusesOf(name, this.services[name].rows())
    this.publish(name, await work())
    checkSteps(name, before, statusesOf(name, this.services[name].rows()))
    this.law(this)
  }

  private publish(from: Name, events: readonly Recorded[]): void {
    for (const event of events) {
      expect(this.ids.has(event.id), `${event.type} was emitted before`).to.equal(false)
      this.ids.add(event.id)
      this.outbox[from].push(event)
      for (const to of NAMES) if (this.services[to].hears(event)) this.enqueue(to, from, event)
    }
  }

  private enqueue(to: Name, topic: Name, event: Recorded): void {
    const place = `${to} ${topic} ${event.key}`
    const queue = this.queues.get(place) ?? { to, events: [] }
    this.queues.set(place, queue)
    queue.events.push(event)
  }
}
