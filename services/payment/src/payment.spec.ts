import { newId } from '@chorus/chassis'
import { expect } from 'chai'
import {
  absent,
  captured,
  declined,
  names,
  NOW,
  orderCancelled,
  orderFailed,
  requested,
  stockDecremented,
  Till,
  unclear,
} from './payment.fixtures.js'

const GIVEN_UP = 'GATEWAY_UNCONFIRMED'

/** A payment whose charge got no clear answer. */
const unknown = async () => {
  const { till, orderId } = await requested()
  till.gateway.charges = [unclear]
  await till.callAndRecord()
  till.gateway.asked.length = 0
  return { till, orderId, key: till.payment().id }
}

/** A payment of which the gateway knew nothing. */
const givenUp = async () => {
  const { till, orderId, key } = await unknown()
  till.gateway.finds = [absent]
  await till.callAndRecord()
  return { till, orderId, key }
}

/** A payment that was asked for, and answered so. */
const paid = async (answer: 'captured' | 'unclear' | undefined) => {
  const { till, orderId, demand } = await requested()
  till.gateway.charges = answer === undefined ? [] : [{ captured, unclear }[answer]]
  if (answer) await till.callAndRecord()
  return { till, orderId, demand }
}

describe('asking for a payment', () => {
  it('commits the intent before the gateway is called', async () => {
    const userCouponId = newId()
    const till = new Till()
    const demand = stockDecremented({ userCouponId })
    const [event] = await till.hear(demand)
    expect(event).to.deep.include({ type: 'PaymentRequested', key: demand.key })
    expect(event!.data).to.eql({
      paymentId: till.payment().id,
      orderId: demand.key,
      userId: 'u1',
      amount: 1500,
      currency: 'USD',
      payment: { method: 'CARD', token: 'tok_1' },
      userCouponId,
    })
    expect([till.status(), till.gateway.asked]).to.eql(['REQUESTED', []])
  })

  it('charges under the id of the payment, so that money moves once', async () => {
    const { till } = await requested()
    till.gateway.charges = [unclear]
    await till.call()
    const charge = { key: till.payment().id, amount: 1500, currency: 'USD', token: 'tok_1' }
    expect(till.gateway.asked).to.eql([['charge', charge]])
  })

  it('names the same payment for the same order', async () => {
    const [one, two] = [new Till(), new Till()]
    const orderId = newId()
    await one.hear(stockDecremented({ orderId }))
    await two.hear(stockDecremented({ orderId }))
    expect(one.payment().id).to.equal(two.payment().id)
  })

  it('completes without the gateway when there is nothing to pay', async () => {
    const { till, demand } = await requested({ payable: 0 })
    const other = new Till()
    const events = await other.hear(demand)
    expect(names(events)).to.eql(['PaymentRequested', 'PaymentCompleted'])
    expect(events[1]!.data).to.include({ amount: 0 }).and.not.have.property('gatewayReference')
    expect([other.status(), till.wanted(), other.payment().version]).to.eql(['COMPLETED', [], 2])
  })

  it('emits nothing when the demand comes again', async () => {
    const { till, demand } = await requested()
    const before = till.rows()
    expect(await till.hear(demand)).to.eql([])
    expect(till.rows()).to.eql(before)
  })
})

describe('what the gateway says of a charge', () => {
  it('captured: the payment is complete and its token forgotten', async () => {
    const { till, orderId } = await requested()
    till.gateway.charges = [captured]
    const [event] = await till.callAndRecord()
    expect(event!.data).to.eql({
      paymentId: till.payment().id,
      orderId,
      amount: 1500,
      currency: 'USD',
      paidAt: NOW.toISOString(),
      gatewayReference: 'ch_1',
    })
    expect(till.payment()).to.deep.include({ status: 'COMPLETED', token: null, paid_at: NOW })
    expect(till.wanted()).to.eql([])
  })

  it('declined: the payment failed, and names the coupon that is to be given back', async () => {
    const userCouponId = newId()
    const { till } = await requested({ userCouponId })
    till.gateway.charges = [declined]
    const [event] = await till.callAndRecord()
    expect(event).to.deep.include({ type: 'PaymentFailed' })
    expect(event!.data).to.include({ reason: 'INSUFFICIENT_FUNDS', userCouponId })
    expect(till.payment()).to.include({ status: 'FAILED', token: null })
    expect(till.wanted()).to.eql([])
  })

  it('unclear: the payment is unknown, and the gateway is asked, not charged anew', async () => {
    const { till } = await requested()
    till.gateway.charges = [unclear]
    expect(names(await till.callAndRecord())).to.eql(['PaymentUnconfirmed'])
    expect([till.status(), till.wanted().map(({ name }) => name)]).to.eql(['UNKNOWN', ['reconcile']])
  })

  it('is recorded once, whatever comes after', async () => {
    const { till } = await requested()
    till.gateway.charges = [captured, declined, unclear]
    const row = till.payment()
    const charge = till.wanted()[0]!
    const calls = [await charge.run(row, ''), await charge.run(row, ''), await charge.run(row, '')]
    await till.record(calls[0])
    for (const call of calls) expect(await till.record(call)).to.eql([])
    expect(till.status()).to.equal('COMPLETED')
  })

  it('has the same id when it is the same answer', async () => {
    const { till } = await requested()
    till.gateway.charges = [captured, captured, declined]
    const ids = [(await till.call())!.id, (await till.call())!.id, (await till.call())!.id]
    expect(ids[0]).to.equal(ids[1]).and.not.equal(ids[2])
  })

  it('is nothing for an order that has no payment', async () => {
    const { till } = await requested()
    till.gateway.charges = [captured]
    const call = await till.call()
    expect(await new Till().record(call)).to.eql([])
  })
})

describe('a payment that is unknown', () => {
  it('completes when the gateway knows that it captured', async () => {
    const { till, key } = await unknown()
    till.gateway.finds = [captured]
    expect(names(await till.callAndRecord())).to.eql(['PaymentCompleted'])
    expect(till.gateway.asked).to.eql([['find', key]])
    expect(till.payment()).to.include({ status: 'COMPLETED', failure_reason: null })
  })

  it('fails when the gateway knows that it declined', async () => {
    const { till } = await unknown()
    till.gateway.finds = [declined]
    expect((await till.callAndRecord())[0]!.data).to.include({ reason: 'INSUFFICIENT_FUNDS' })
  })

  it('is given up for good before it is cancelled at the gateway that knows nothing of it', async () => {
    const { till, key } = await unknown()
    till.gateway.finds = [absent]
    const events = await till.callAndRecord()
    expect(names(events)).to.eql(['PaymentUnconfirmed', 'PaymentRefundRequested'])
    expect(events[0]!.data).to.include({ reason: GIVEN_UP })
    expect(till.gateway.asked).to.eql([['find', key]])
    expect(till.payment()).to.include({ status: 'REFUNDING', failure_reason: GIVEN_UP, token: null })
  })

  for (const answer of ['VOIDED', 'REFUNDED'] as const) {
    it(`fails once the gateway that knew nothing of it has cancelled it (${answer})`, async () => {
      const { till, key } = await givenUp()
      till.gateway.cancels = [answer]
      const [event, ...more] = await till.callAndRecord()
      expect(event).to.deep.include({ type: 'PaymentFailed' })
      expect(event!.data).to.include({ reason: GIVEN_UP })
      expect(more).to.eql([])
      expect(till.gateway.asked).to.eql([
        ['find', key],
        ['cancel', key],
      ])
      expect(till.payment()).to.include({ status: 'FAILED', failure_reason: GIVEN_UP })
      expect(till.wanted()).to.eql([])
    })
  }

  it('stays so while the gateway is unclear or does not answer', async () => {
    const { till } = await unknown()
    till.gateway.finds = [unclear]
    expect(await till.call()).to.equal(undefined)
    let error: unknown
    await till.call().catch((e: unknown) => (error = e))
    expect(error).to.be.an('error')
    expect(till.status()).to.equal('UNKNOWN')
  })

  it('does not fail before the gateway has cancelled it, and is never asked for again', async () => {
    const { till } = await givenUp()
    let error: unknown
    await till.call().catch((e: unknown) => (error = e))
    expect(error).to.be.an('error')
    expect([till.status(), till.wanted().map(({ name }) => name)]).to.eql(['REFUNDING', ['refund']])
  })

  it('is not made unknown twice', async () => {
    const { till, orderId } = await requested()
    till.gateway.charges = [unclear]
    const call = await till.call()
    await till.record(call)
    expect(await till.record({ ...call!, body: { orderId, answer: unclear } })).to.eql([])
    expect(till.payment().version).to.equal(2)
  })
})

/** What one instance was told before the charge landed, and another one after it. */
const askedTwice = async () => {
  const { till, key } = await unknown()
  till.gateway.finds = [absent, captured]
  const [before, after] = [await till.call(), await till.call()]
  return { till, key, before, after }
}

describe('a charge that lands while two instances ask for it', () => {
  it('completes the payment when that is recorded first: then nothing is cancelled', async () => {
    const { till, key, before, after } = await askedTwice()
    expect(names(await till.record(after))).to.eql(['PaymentCompleted'])
    expect(await till.record(before)).to.eql([])
    expect([till.status(), till.wanted()]).to.eql(['COMPLETED', []])
    expect(till.gateway.asked).to.eql([
      ['find', key],
      ['find', key],
    ])
  })

  it('is given back when the payment was given up first', async () => {
    const { till, before, after } = await askedTwice()
    await till.record(before)
    expect(await till.record(after)).to.eql([])
    till.gateway.cancels = ['REFUNDED']
    expect(names(await till.callAndRecord())).to.eql(['PaymentFailed'])
    expect(await till.record(after)).to.eql([])
    expect(till.payment()).to.include({ status: 'FAILED', gateway_reference: null })
  })

  it('is given up once when neither of them finds it', async () => {
    const { till } = await unknown()
    till.gateway.finds = [absent, absent]
    const [one, other] = [await till.call(), await till.call()]
    await till.record(one)
    const before = till.rows()
    expect(await till.record(other)).to.eql([])
    expect(till.rows()).to.eql(before)
  })
})

describe('the end of an order', () => {
  for (const [status, answer] of [
    ['REQUESTED', undefined],
    ['UNKNOWN', 'unclear'],
    ['COMPLETED', 'captured'],
  ] as const) {
    for (const ended of [orderCancelled, orderFailed]) {
      it(`makes a payment that is ${status} go back on ${ended(newId()).type}, once`, async () => {
        const { till, orderId } = await paid(answer)
        expect(till.status()).to.equal(status)
        const [event] = await till.hear(ended(orderId))
        expect(event).to.deep.include({ type: 'PaymentRefundRequested' })
        expect(event!.data).to.include({ amount: 1500, currency: 'USD' })
        expect(till.payment()).to.include({ status: 'REFUNDING', token: null })
        expect(await till.hear(ended(orderId))).to.eql([])
      })
    }
  }

  for (const [said, type, status] of [
    ['REFUNDED', 'PaymentRefunded', 'REFUNDED'],
    ['VOIDED', 'PaymentCancelled', 'CANCELLED'],
  ] as const) {
    it(`is done once the gateway says ${said}`, async () => {
      const { till, orderId } = await paid('captured')
      await till.hear(orderCancelled(orderId))
      till.gateway.cancels = [said]
      const call = await till.call()
      expect(names(await till.record(call))).to.eql([type])
      expect([till.status(), till.wanted()]).to.eql([status, []])
      expect(await till.record(call)).to.eql([])
      expect(await till.hear(orderCancelled(orderId))).to.eql([])
    })
  }

  it('is not done before the gateway answers', async () => {
    const { till, orderId } = await paid('captured')
    await till.hear(orderCancelled(orderId))
    let error: unknown
    await till.call().catch((e: unknown) => (error = e))
    expect(error).to.be.an('error')
    expect(till.status()).to.equal('REFUNDING')
  })

  for (const answer of [captured, declined, unclear]) {
    it(`makes a late answer (${answer.kind}) change nothing`, async () => {
      const { till, orderId } = await requested()
      till.gateway.charges = [answer]
      const late = await till.call()
      await till.hear(orderCancelled(orderId))
      const before = till.rows()
      expect(await till.record(late)).to.eql([])
      expect(till.rows()).to.eql(before)
    })
  }

  it('leaves nothing to give up to a reconciler that was under way', async () => {
    const { till, orderId } = await paid('unclear')
    till.gateway.finds = [absent]
    till.gateway.cancels = ['VOIDED']
    const late = await till.call()
    await till.hear(orderCancelled(orderId))
    expect(await till.record(late)).to.eql([])
    expect(names(await till.callAndRecord())).to.eql(['PaymentCancelled'])
  })

  it('changes nothing for a payment that is given up: it fails as it would have', async () => {
    const { till, orderId } = await givenUp()
    expect(await till.hear(orderCancelled(orderId))).to.eql([])
    expect(await till.hear(orderFailed(orderId))).to.eql([])
    till.gateway.cancels = ['VOIDED']
    expect(names(await till.callAndRecord())).to.eql(['PaymentFailed'])
  })

  it('has no use for the gateway when there was nothing to pay', async () => {
    const { till, orderId } = await requested({ payable: 0 })
    expect(names(await till.hear(orderCancelled(orderId)))).to.eql(['PaymentCancelled'])
    expect([till.status(), till.wanted()]).to.eql(['CANCELLED', []])
  })

  it('changes nothing for a payment that failed', async () => {
    const { till, orderId } = await requested()
    till.gateway.charges = [declined]
    await till.callAndRecord()
    expect(await till.hear(orderFailed(orderId))).to.eql([])
    expect(await till.hear(orderCancelled(orderId))).to.eql([])
    expect(till.status()).to.equal('FAILED')
  })

  it('is remembered when it was cancelled before its payment began: then nothing is charged', async () => {
    const till = new Till()
    const demand = stockDecremented()
    const [event] = await till.hear(orderCancelled(demand.key))
    expect(event).to.deep.include({ type: 'PaymentTombstoned', key: demand.key })
    expect(await till.hear(orderCancelled(demand.key))).to.eql([])
    expect(await till.hear(demand)).to.eql([])
    expect([till.status(), till.wanted()]).to.eql(['CANCELLED', []])
  })

  it('needs no tombstone when it failed before its payment began: no stock was taken', async () => {
    const till = new Till()
    expect(await till.hear(orderFailed(newId()))).to.eql([])
    expect(till.payments()).to.eql([])
  })
})
