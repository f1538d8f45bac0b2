import { newId, type Call, type Effect, type Recorded } from '@chorus/chassis'
import { heard, NOW, Rehearsal } from '@chorus/chassis/testing'
import type { Events } from '@chorus/contracts'
import type { Charge, ChargeAnswer, Gateway } from './gateway.js'
import { payment } from './service.js'
import type { PaymentRow, tables } from './tables.js'

export { names, NOW } from '@chorus/chassis/testing'

export const stockDecremented = (data: Partial<Events['StockDecremented']> = {}) =>
  heard('StockDecremented', {
    orderId: newId(),
    userId: 'u1',
    items: [{ productId: newId(), quantity: 1 }],
    payable: 1500,
    currency: 'USD',
    payment: { method: 'CARD', token: 'tok_1' },
    ...data,
  })
export const orderCancelled = (orderId: string) =>
  heard('OrderCancelled', { orderId, userId: 'u1', reason: 'USER' })
export const orderFailed = (orderId: string) =>
  heard('OrderFailed', { orderId, userId: 'u1', step: 'COUPON', reason: 'COUPON_EXPIRED' })

/** What the gateway is told to say, and what it was asked. */
export class ScriptedGateway implements Gateway {
  readonly asked: (string | Charge)[][] = []
  charges: ChargeAnswer[] = []
  finds: (ChargeAnswer | { kind: 'absent' })[] = []
  cancels: ('REFUNDED' | 'VOIDED')[] = []

  private say<Answer>(answers: Answer[], ...asked: (string | Charge)[]): Promise<Answer> {
    this.asked.push(asked)
    const answer = answers.shift()
    return answer ? Promise.resolve(answer) : Promise.reject(new Error('the gateway does not answer'))
  }

  charge = (charge: Charge) => this.say(this.charges, 'charge', charge)
  find = (key: string) => this.say(this.finds, 'find', key)
  cancel = (key: string) => this.say(this.cancels, 'cancel', key)
}

/** The payment service with a gateway that says what it is told to. */
export class Till extends Rehearsal {
  constructor(
    readonly gateway = new ScriptedGateway(),
    private readonly made = payment(gateway),
  ) {
    super(made)
  }

  payments = () => this.rows().payments as unknown as PaymentRow[]
  payment = () => this.payments()[0]!
  status = () => this.payments()[0]?.status

  /** The effects that the one payment waits for. */
  wanted = (): Effect<typeof tables>[] =>
    (this.made.effects ?? []).filter((effect) => effect.wants(this.payment()))

  /** Makes the one call that the payment waits for. @returns what is to be recorded */
  async call(): Promise<Call | undefined> {
    const [effect, ...more] = this.wanted()
    if (!effect || more.length > 0) throw new Error('a payment waits for one call at a time')
    return effect.run(this.payment(), '')
  }

  /** Records what a call came to. */
  async record(call: Call | undefined): Promise<Recorded[]> {
    if (!call) return []
    const answer = await this.command(call.rule, call.body, { id: call.id, at: NOW })
    return 'events' in answer ? answer.events : []
  }

  callAndRecord = async () => this.record(await this.call())
}

/** A payment that was asked for. */
export async function requested(data: Partial<Events['StockDecremented']> = {}) {
  const till = new Till()
  const demand = stockDecremented(data)
  await till.hear(demand)
  return { till, orderId: demand.key, demand }
}

export const captured = { kind: 'captured', reference: 'ch_1' } as const
export const declined = { kind: 'declined', reason: 'INSUFFICIENT_FUNDS' } as const
export const unclear = { kind: 'unclear', reason: 'GATEWAY_TIMEOUT' } as const
export const absent = { kind: 'absent' } as const
