import { newId } from '@chorus/chassis'
import { expect } from 'chai'
import fc from 'fast-check'
import { cancelOrder } from './order.js'
import {
  after,
  BOOK,
  HELD,
  NOW,
  names,
  orderCreated,
  orderDesk,
  ordersIn,
  priceChanged,
  pricesIn,
  productCreated,
  ROADS,
  told,
} from './order.fixtures.js'
import type { OrderStatus } from './tables.js'

/** An order in this state. */
async function orderIn(status: OrderStatus) {
  const desk = orderDesk()
  const created = orderCreated()
  const orderId = created.key
  desk.fold([created])
  for (const step of ROADS[status]) await desk.hear(told[step](orderId))
  if (status === 'CANCELLED') await desk.command(cancelOrder, { id: orderId }, { userId: 'u1' })
  const row = () => ordersIn(desk)[0]!
  expect(row().status).to.equal(status)
  return { desk, orderId, row }
}

const OPEN = ['PENDING', 'COUPON_APPLIED', 'STOCK_SECURED'] as const
const failures = { couponRejected: 'COUPON', stockUnavailable: 'STOCK', paymentFailed: 'PAYMENT' } as const
const refusals = Object.keys(failures) as (keyof typeof failures)[]

const errorOf = async (work: Promise<unknown>) => {
  try {
    await work
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('nothing was thrown')
}

describe('an order that goes well', () => {
  it('shows each step with what is to be paid', async () => {
    const { desk, orderId, row } = await orderIn('PENDING')
    expect(await desk.hear(told.couponUsed(orderId, after(1)))).to.eql([])
    expect(row()).to.deep.include({
      status: 'COUPON_APPLIED',
      discount: 500,
      payable: 1500,
      updated_at: after(1),
    })
    expect(await desk.hear(told.stockDecremented(orderId, after(2)))).to.eql([])
    expect(row()).to.deep.include({ status: 'STOCK_SECURED', payable: 1500, updated_at: after(2) })
  })

  for (const status of OPEN) {
    it(`is complete once it is paid, from ${status}`, async () => {
      const { desk, orderId, row } = await orderIn(status)
      const [event] = await desk.hear(told.paymentCompleted(orderId))
      expect(event).to.deep.include({ type: 'OrderCompleted', key: orderId })
      expect(event!.data).to.eql({
        orderId,
        userId: 'u1',
        items: [{ productId: BOOK, quantity: 2, unitPrice: 1000 }],
        subtotal: 2000,
        discount: 500,
        payable: 1500,
        currency: 'USD',
      })
      expect(row()).to.include({ status: 'COMPLETED', discount: 500, payable: 1500 })
    })
  }

  it('is complete when there was nothing to pay', async () => {
    const { desk, orderId, row } = await orderIn('STOCK_SECURED')
    expect(names(await desk.hear(told.paymentCompleted(orderId, 0)))).to.eql(['OrderCompleted'])
    expect(row()).to.include({ discount: 2000, payable: 0 })
  })

  it('is not set back by a step that is told late', async () => {
    const { desk, orderId, row } = await orderIn('PENDING')
    await desk.hear(told.stockDecremented(orderId, after(2)))
    const before = row()
    await desk.hear(told.couponUsed(orderId, after(1)))
    expect(row()).to.eql(before)
  })

  it('does not change its time back when the clocks of two services differ', async () => {
    const { desk, orderId, row } = await orderIn('PENDING')
    await desk.hear(told.couponUsed(orderId, after(-60)))
    expect(row()).to.deep.include({ status: 'COUPON_APPLIED', updated_at: NOW })
  })
})

describe('an order that a step refuses', () => {
  for (const status of OPEN) {
    for (const refusal of refusals) {
      it(`fails from ${status} on ${refusal}, and names its coupon`, async () => {
        const { desk, orderId, row } = await orderIn(status)
        const event = told[refusal](orderId)
        const { reason } = event.data as { reason: string }
        const [failed] = await desk.hear(event)
        expect(failed!.data).to.eql({
          orderId,
          userId: 'u1',
          step: failures[refusal],
          reason,
          userCouponId: HELD,
        })
        expect(row()).to.include({
          status: 'FAILED',
          failure_step: failures[refusal],
          failure_reason: reason,
          discount: 0,
          payable: 2000,
        })
      })
    }
  }

  it('names no coupon when it has none', async () => {
    const desk = orderDesk()
    const created = orderCreated()
    const { userCouponId: _, ...data } = created.data as { userCouponId: string }
    desk.fold([{ ...created, data } as never])
    const [failed] = await desk.hear(told.stockUnavailable(created.key))
    expect(failed!.data).not.to.have.property('userCouponId')
  })
})

describe('what comes after the end of an order', () => {
  for (const [status, news] of [
    ['COMPLETED', ['couponUsed', 'stockDecremented', 'paymentCompleted']],
    ['FAILED', ['couponUsed', 'stockDecremented', ...refusals]],
    ['CANCELLED', Object.keys(told) as (keyof typeof told)[]],
  ] as const) {
    for (const name of news) {
      it(`changes nothing: ${name} after ${status}`, async () => {
        const { desk, orderId, row } = await orderIn(status)
        const before = row()
        expect(await desk.hear(told[name](orderId))).to.eql([])
        expect(row()).to.eql(before)
      })
    }
  }

  for (const refusal of refusals) {
    it(`is an alarm: ${refusal} after COMPLETED`, async () => {
      const { desk, orderId, row } = await orderIn('COMPLETED')
      expect(await errorOf(desk.hear(told[refusal](orderId)))).to.match(/which is COMPLETED/)
      expect(row().status).to.equal('COMPLETED')
    })
  }

  it('is an alarm: paid after FAILED', async () => {
    const { desk, orderId, row } = await orderIn('FAILED')
    expect(await errorOf(desk.hear(told.paymentCompleted(orderId)))).to.match(/which is FAILED/)
    expect(row().status).to.equal('FAILED')
  })

  it('is an alarm: paid more than the order came to', async () => {
    const { desk, orderId } = await orderIn('STOCK_SECURED')
    expect(await errorOf(desk.hear(told.paymentCompleted(orderId, 2001)))).to.match(/break the contract/)
  })
})

describe('news of an order that is not visible yet', () => {
  for (const [name, tell] of Object.entries(told)) {
    it(`waits: ${name}`, async () => {
      expect(await errorOf(orderDesk().hear(tell(newId())))).to.match(/^premature/)
    })
  }
})

describe('the price replica', () => {
  it('keeps the newest price, whatever comes twice or late', async () => {
    const desk = orderDesk()
    for (const [version, amount] of [
      [3, 300],
      [2, 200],
      [3, 999],
    ] as const) {
      expect(await desk.hear(priceChanged(BOOK, amount, version))).to.eql([])
    }
    await desk.hear(productCreated(BOOK, 100))
    expect(pricesIn(desk)).to.eql([{ product_id: BOOK, amount: 300, currency: 'USD', price_version: 3 }])
  })

  it('is the last price for every order of its changes', () =>
    fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([1, 2, 3, 4, 5], { minLength: 1 }), async (versions) => {
        const desk = orderDesk()
        for (const version of versions) await desk.hear(priceChanged(BOOK, version * 100, version))
        expect(pricesIn(desk)[0]).to.include({ amount: Math.max(...versions) * 100 })
      }),
    ))
})

describe('the rows of an order', () => {
  it('follow from its own events alone once it has ended, whatever was told on the way', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('couponUsed' as const, 'stockDecremented' as const), { maxLength: 4 }),
        fc.constantFrom('paymentCompleted' as const, 'cancel' as const, ...refusals),
        async (steps, end) => {
          const { desk, orderId } = await orderIn('PENDING')
          const created = ordersIn(desk)[0]!
          for (const [i, step] of steps.entries()) await desk.hear(told[step](orderId, after(i)))
          const answer =
            end === 'cancel'
              ? await desk.command(cancelOrder, { id: orderId }, { userId: 'u1', at: after(9) })
              : { events: await desk.hear(told[end](orderId), after(9)) }
          const rebuilt = orderDesk()
          rebuilt.fold([orderCreated({ orderId }), ...('events' in answer ? answer.events : [])])
          expect(ordersIn(rebuilt)).to.eql(ordersIn(desk))
          expect(ordersIn(desk)[0]).to.deep.include({ version: 2, created_at: created.created_at })
        },
      ),
    ))
})
