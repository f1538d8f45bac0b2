import { expect } from 'chai'
import { table, type Tables } from './rows.js'
import { conditionsOf, emits, hears, needsOf, refuse, rulesOver, service, type Service } from './service.js'

const tables: Tables = { orders: table<{ id: string; version: number }>('orders', 'id', 'order') }
const { reaction, projection } = rulesOver(tables)
const rule = { touches: () => ({}), decide: () => [], project: () => {} }
const made = (change: Partial<Service> = {}): Service => ({
  name: 'order',
  tables,
  reactions: [reaction({ PaymentFailed: ['orderId'], StockUnavailable: ['orderId'] }, rule)],
  projections: [projection({ CouponUsed: ['orderId'] }, rule)],
  commands: [],
  evolve: { OrderFailed: () => {}, OrderCompleted: () => {} },
  routes: [],
  migrations: [],
  ...change,
})

describe('declaring a service', () => {
  it('tells what it hears and what it emits', () => {
    const order = service(made())
    expect(hears(order)).to.eql(['PaymentFailed', 'StockUnavailable', 'CouponUsed'])
    expect(emits(order)).to.eql(['OrderFailed', 'OrderCompleted'])
  })

  it('tells under which conditions it hears what', () => {
    const only = { CouponUsed: { when: 'userId' } } as const
    const projections = [projection({ CouponUsed: ['orderId', 'userId'] }, { ...rule, only })]
    expect(conditionsOf(service(made({ projections })))).to.eql(only)
    expect(conditionsOf(service(made()))).to.eql({})
    // @ts-expect-error a condition names a field that the rule reads
    reaction({ PaymentFailed: ['orderId'] }, { ...rule, only: { PaymentFailed: { when: 'reason' } } })
  })

  it('does without projections', () => {
    const { projections: _, ...rest } = made()
    expect(hears(service(rest))).to.eql(['PaymentFailed', 'StockUnavailable'])
  })

  for (const [what, change, error] of [
    [
      'two reactions hear the same event',
      {
        reactions: [
          reaction({ PaymentFailed: ['orderId'] }, rule),
          reaction({ PaymentFailed: ['orderId'] }, rule),
        ],
      },
      /two rules hear PaymentFailed/,
    ],
    [
      'a reaction and a projection hear the same event',
      { projections: [projection({ PaymentFailed: ['orderId'] }, rule)] },
      /two rules hear PaymentFailed/,
    ],
    ['it emits an event of another service', { evolve: { PaymentFailed: () => {} } }, /not its event/],
    ['it emits an event without a contract', { evolve: { MoonRose: () => {} } }, /not its event/],
    [
      'an aggregate has no table',
      { tables: { prices: table<{ id: string }>('prices', 'id') } },
      /no table for order/,
    ],
  ] as [string, Partial<Service>, RegExp][]) {
    it(`is refused when ${what}`, () => {
      expect(() => service(made(change))).to.throw(error)
    })
  }

  it('tells which fields it reads of each event', () => {
    expect(needsOf(made())).to.eql({
      PaymentFailed: ['orderId'],
      StockUnavailable: ['orderId'],
      CouponUsed: ['orderId'],
    })
  })

  it('makes a refusal a value', () => {
    expect(refuse('NOT_FOUND', 'no such order')).to.eql({ refused: 'NOT_FOUND', detail: 'no such order' })
  })
})
