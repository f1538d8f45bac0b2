import { expect } from 'chai'
import { Fold, projects } from './fold.js'
import { newId } from './ids.js'
import { Premature } from './input.js'
import { table } from './rows.js'
import { rulesOver, service } from './service.js'
import { heard } from './testing.js'

interface Row {
  id: string
  status: string
  version: number
}

const tables = { orders: table<Row>('orders', 'id', 'order') }
const { evolution, projection } = rulesOver(tables)

const follows = projection(
  { CouponUsed: ['orderId'] },
  {
    touches: ({ data }) => ({ orders: [data.orderId] }),
    project({ orders }, { data: { orderId } }) {
      if (!orders.get(orderId)) throw new Premature(orderId)
      orders.patch(orderId, { status: 'COUPON_APPLIED' })
    },
  },
)

const sample = service({
  name: 'order',
  tables,
  reactions: [],
  projections: [follows],
  commands: [],
  evolve: evolution({
    OrderCreated: ({ orders }, { data }) => orders.insert({ id: data.orderId, status: 'PENDING' }),
    OrderFailed: ({ orders }, { data }) => orders.patch(data.orderId, { status: 'FAILED' }),
    OrderCancelled: ({ orders }, { data }) => orders.patch(data.orderId, { status: 'CANCELLED' }),
  }),
  routes: [],
  migrations: [],
})

const fact = (type: 'OrderCreated' | 'OrderFailed' | 'OrderCancelled' | 'CouponUsed', orderId: string) =>
  heard(type, { orderId } as never)

describe('folding', () => {
  const id = newId()

  it('gives the rows that the facts led to, and counts them', () => {
    const fold = new Fold(sample)
    expect(fold.fact(fact('OrderCreated', id), 1)).to.equal('FOLDED')
    expect(fold.fact(fact('OrderFailed', id), 2)).to.equal('FOLDED')
    expect(fold.rows('orders')).to.deep.equal([{ id, status: 'FAILED', version: 2 }])
  })

  it('knows a fact that comes again, also after later ones', () => {
    const fold = new Fold(sample)
    const facts = [fact('OrderCreated', id), fact('OrderFailed', id)]
    for (const [i, one] of facts.entries()) fold.fact(one, i + 1)
    expect(facts.map((one, i) => fold.fact(one, i + 1))).to.deep.equal(['KNOWN', 'KNOWN'])
    expect(fold.rows('orders')).to.deep.equal([{ id, status: 'FAILED', version: 2 }])
  })

  it('goes on from rows that are there already', () => {
    const fold = new Fold(sample, { orders: [{ id, status: 'PENDING', version: 1 }] })
    expect(fold.fact(fact('OrderCreated', id), 1)).to.equal('KNOWN')
    expect(fold.fact(fact('OrderFailed', id), 2)).to.equal('FOLDED')
    expect([...fold.changes()]).to.deep.equal([
      {
        table: 'orders',
        inserts: [],
        updates: [{ id, status: 'FAILED', version: 2 }],
        columns: ['status', 'version'],
      },
    ])
  })

  it('lets facts wait for the one before them', () => {
    const fold = new Fold(sample)
    expect(fold.fact(fact('OrderCancelled', id), 3)).to.equal('EARLY')
    expect(fold.fact(fact('OrderFailed', id), 2)).to.equal('EARLY')
    expect([fold.gaps, fold.rows('orders')]).to.deep.equal([2, []])
    expect(fold.fact(fact('OrderCreated', id), 1)).to.equal('FOLDED')
    expect(fold.gaps).to.equal(0)
    expect(fold.rows('orders')).to.deep.equal([{ id, status: 'CANCELLED', version: 3 }])
  })

  it('projects what others told, and says when it is about nothing', () => {
    const fold = new Fold(sample)
    expect(fold.project(fact('CouponUsed', id))).to.equal(false)
    fold.fact(fact('OrderCreated', id), 1)
    expect(fold.project(fact('CouponUsed', id))).to.equal(true)
    expect(fold.rows('orders')).to.deep.equal([{ id, status: 'COUPON_APPLIED', version: 1 }])
    expect(projects(sample)).to.deep.equal(['CouponUsed'])
  })
})
