import { newId, type Call, type Recorded } from '@chorus/chassis'
import { expect } from 'chai'
import fc from 'fast-check'
import {
  absent,
  captured,
  declined,
  orderCancelled,
  orderFailed,
  requested,
  stockDecremented,
  Till,
  unclear,
} from './payment.fixtures.js'
import type { PaymentStatus } from './tables.js'

/** A payment on its way back has one way to end, and another if it was given up. */
type State = PaymentStatus | 'GIVEN_UP'
const LEGAL: Record<State, readonly State[]> = {
  REQUESTED: ['UNKNOWN', 'COMPLETED', 'FAILED', 'REFUNDING'],
  UNKNOWN: ['COMPLETED', 'FAILED', 'REFUNDING', 'GIVEN_UP'],
  COMPLETED: ['REFUNDING'],
  REFUNDING: ['REFUNDED', 'CANCELLED'],
  GIVEN_UP: ['FAILED'],
  FAILED: [],
  REFUNDED: [],
  CANCELLED: [],
}

function stateOf(till: Till): State | undefined {
  const [row] = till.payments()
  return row?.status === 'REFUNDING' && row.failure_reason === 'GATEWAY_UNCONFIRMED'
    ? 'GIVEN_UP'
    : row?.status
}

const orderId = newId()
const demand = stockDecremented({ orderId })
/** Whatever may reach a payment: events, and calls to the gateway with any answer, recorded at any time. */
const step = fc.oneof(
  fc.constantFrom(demand, orderCancelled(orderId), orderFailed(orderId)),
  fc.record({
    charges: fc.constantFrom(captured, declined, unclear),
    finds: fc.constantFrom(captured, declined, unclear, absent),
    cancels: fc.constantFrom('REFUNDED' as const, 'VOIDED' as const),
  }),
  fc.record({ record: fc.nat(20) }),
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

async function take(till: Till, step: Step, calls: Call[]): Promise<Recorded[]> {
  if ('type' in step) return till.hear(step)
  if ('record' in step) return till.record(calls[step.record % Math.max(1, calls.length)])
  if (till.payments().length === 0 || till.wanted().length === 0) return []
  const { charges, finds, cancels } = step
  Object.assign(till.gateway, { charges: [charges], finds: [finds], cancels: [cancels] })
  const call = await till.call()
  if (call) calls.push(call)
  return []
}

const amountOf = (event?: Recorded) => (event && 'amount' in event.data ? event.data.amount : undefined)

describe('a payment, whatever happens', function () {
  this.timeout(20_000)

  it('takes only the steps of its state machine, and its events alone lead to the same rows', () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25, size: 'max' }), async (steps) => {
        const till = new Till()
        const calls: Call[] = []
        const events: Recorded[] = []
        for (const step of steps) {
          const before = stateOf(till)
          events.push(...(await take(till, step, calls)))
          const after = stateOf(till)
          if (before && after !== before) expect(LEGAL[before], before).to.include(after)
        }
        const rebuilt = new Till()
        rebuilt.fold(events)
        expect(rebuilt.rows()).to.eql(till.rows())
      }),
      { numRuns: 500 },
    ))

  it('leaves nothing charged once a refund undid it', async () => {
    const { till, orderId } = await requested()
    till.gateway.charges = [captured]
    till.gateway.cancels = ['REFUNDED']
    const [paid] = await till.callAndRecord()
    await till.hear(orderCancelled(orderId))
    const [back] = await till.callAndRecord()
    expect(amountOf(back)).to.equal(amountOf(paid)).and.to.equal(1500)
  })
})
