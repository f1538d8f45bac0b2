import type { payment } from '@chorus/payment'

type Gateway = Parameters<typeof payment>[0]
type Charge = Parameters<Gateway['charge']>[0]
type ChargeAnswer = Awaited<ReturnType<Gateway['charge']>>

/** What befalls a request: all goes well, its answer is lost, it is lost, or it arrives when nobody waits any more. */
export type Luck = 'fine' | 'answer-lost' | 'lost' | 'late'

interface Entry {
  amount: number
  status: 'CAPTURED' | 'DECLINED' | 'REFUNDED' | 'VOIDED'
}

const UNCLEAR: ChargeAnswer = { kind: 'unclear', reason: 'GATEWAY_TIMEOUT' }
const REFUSE = (_: unknown, reject: (error: Error) => void) =>
  reject(new Error('the gateway does not answer'))
export const DECLINED_TOKEN = 'tok_decline'

/** A payment gateway in memory: idempotent by key, and a request arrives when the schedule says so. */
export class FickleGateway implements Gateway {
  readonly books = new Map<string, Entry>()
  /** Requests on their way. */
  readonly requests: ((luck: Luck) => void)[] = []
  /** Requests on their way whose senders have given up. */
  readonly late: (() => void)[] = []

  charge: Gateway['charge'] = (charge) =>
    this.send<ChargeAnswer>(
      () => this.book(charge),
      (resolve) => resolve(UNCLEAR),
    )

  find: Gateway['find'] = (key) =>
    this.send<ChargeAnswer | { kind: 'absent' }>(() => {
      const entry = this.books.get(key)
      return entry ? this.told(key, entry) : { kind: 'absent' }
    })

  cancel: Gateway['cancel'] = (key) => this.send<'REFUNDED' | 'VOIDED'>(() => this.undo(key))

  /** Whoever sent the requests on their way is dead. */
  cutOff(): void {
    for (const request of this.requests.splice(0)) request('late')
  }

  /** What is captured and not given back. */
  netOf(key: string): number {
    const entry = this.books.get(key)
    return entry?.status === 'CAPTURED' ? entry.amount : 0
  }

  private send<Answer>(
    work: () => Answer,
    giveUp: (resolve: (answer: Answer) => void, reject: (error: Error) => void) => void = REFUSE,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.requests.push((luck) => {
        if (luck === 'fine') return resolve(work())
        if (luck === 'answer-lost') work()
        if (luck === 'late') this.late.push(work)
        giveUp(resolve, reject)
      })
    })
  }

  private book({ key, amount, token }: Charge): ChargeAnswer {
    const entry = this.books.get(key) ?? {
      amount,
      status: token === DECLINED_TOKEN ? 'DECLINED' : 'CAPTURED',
    }
    this.books.set(key, entry)
    return this.told(key, entry)
  }

  private undo(key: string): 'REFUNDED' | 'VOIDED' {
    const { amount, status } = this.books.get(key) ?? { amount: 0, status: 'VOIDED' as const }
    const refunded = status === 'CAPTURED' || status === 'REFUNDED'
    if (status !== 'DECLINED') this.books.set(key, { amount, status: refunded ? 'REFUNDED' : 'VOIDED' })
    return refunded ? 'REFUNDED' : 'VOIDED'
  }

  private told(key: string, { status }: Entry): ChargeAnswer {
    if (status === 'CAPTURED') return { kind: 'captured', reference: `ch_${key}` }
    return { kind: 'declined', reason: status === 'DECLINED' ? 'INSUFFICIENT_FUNDS' : 'VOIDED' }
  }
}
