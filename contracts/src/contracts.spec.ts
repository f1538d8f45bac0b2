import { expect } from 'chai'
import { contractOf, contracts, isEventType, type EventType } from './contracts.js'
import { problems } from './problems.js'
import { violationsOf } from './validate.js'

const ORDER = '01890000-0000-7000-8000-000000000001'
const cancelled = { orderId: ORDER, userId: 'u1', reason: 'USER' }

interface Schema {
  required: string[]
  properties: Record<string, { format?: string; type?: string }>
}
const violations = (data: unknown, strictness: 'strict' | 'open' = 'strict') =>
  violationsOf('OrderCancelled', data, strictness)
const paid = (amount: number) => ({
  paymentId: ORDER,
  orderId: ORDER,
  amount,
  currency: 'USD',
  paidAt: '2026-03-01T12:00:00Z',
})

describe('the contracts', () => {
  it('are one for each event and version', () => {
    const names = contracts.map(({ dataschema }) => dataschema)
    expect(new Set(names)).to.have.lengthOf(names.length)
    expect(names).to.include('urn:chorus:event:OrderCreated:1')
  })

  for (const { type, version, dataschema, producer, aggregate, key, subject, schema } of contracts) {
    it(`name ${type}'s owner, key and subject`, () => {
      const { required, properties } = schema as Schema
      expect(dataschema).to.equal(`urn:chorus:event:${type}:${version}`)
      expect([producer, aggregate]).to.not.include(undefined)
      expect(required).to.include.members([key, subject])
      expect(properties[key]).to.include({ type: 'string', format: 'uuid' })
      expect(JSON.stringify(schema)).not.to.include('$ref')
    })
  }

  it('keep one flow in order: every event about an order has the order as its key', () => {
    const others = contracts.filter(({ schema, key }) => {
      return (schema as Schema).required.includes('orderId') && key !== 'orderId'
    })
    expect(others).to.eql([])
  })

  it('are found by event type', () => {
    expect(contractOf('OrderCancelled')).to.include({ producer: 'order', key: 'orderId', aggregate: 'order' })
    expect([isEventType('OrderCancelled'), isEventType('MoonRose')]).to.eql([true, false])
    expect(() => contractOf('MoonRose' as EventType)).to.throw(/no contract for MoonRose/)
  })
})

describe('the data of an event', () => {
  it('is valid as agreed', () => {
    expect(violations(cancelled)).to.equal(undefined)
  })

  it('may have unknown fields for a consumer, and must not for a producer', () => {
    const newer = { ...cancelled, mood: 'good' }
    expect(violations(newer, 'open')).to.equal(undefined)
    expect(violations(newer)).to.match(/mood/)
  })

  it('may not have unknown fields of a producer deeper down either', () => {
    const items = [{ productId: ORDER, quantity: 1, mood: 'good' }]
    const restored = { orderId: ORDER, items }
    expect(violationsOf('StockRestored', restored, 'open')).to.equal(undefined)
    expect(violationsOf('StockRestored', restored, 'strict')).to.match(/items\/0.*mood/)
  })

  for (const [what, data, place] of [
    ['a missing field', { ...cancelled, userId: undefined }, /userId/],
    ['an id that is no UUID', { ...cancelled, orderId: '7' }, /OrderCancelled\/orderId/],
    ['a value that is not on the list', { ...cancelled, reason: 'MOOD' }, /OrderCancelled\/reason/],
    ['no object', null, /OrderCancelled/],
  ] as const) {
    it(`is refused on both sides for ${what}`, () => {
      expect(violations(data, 'open')).to.match(place)
      expect(violations(data, 'strict')).to.match(place)
    })
  }

  it('takes whole amounts from nothing to the largest exact one', () => {
    for (const amount of [0, Number.MAX_SAFE_INTEGER]) {
      expect(violationsOf('PaymentCompleted', paid(amount), 'strict')).to.equal(undefined)
    }
    for (const amount of [-1, 0.5, Number.MAX_SAFE_INTEGER + 1]) {
      expect(violationsOf('PaymentCompleted', paid(amount), 'strict')).to.match(/amount/)
    }
  })
})

describe('the catalogue of problems', () => {
  for (const [code, { status, title, remedy }] of Object.entries(problems)) {
    it(`says what ${code} means and how to mend it`, () => {
      expect(code).to.match(/^[A-Z][A-Z_]+$/)
      expect(status).to.be.within(400, 599)
      expect([title, remedy]).to.not.include('')
    })
  }
})
