import { readdirSync, readFileSync } from 'node:fs'
import { contracts, violationsOf, type EventType, type OrderCreatedData } from '@chorus/contracts'
import { expect } from 'chai'
import { pick, readersOf, subsetOf, type Subset } from './needs.js'

const examples = new URL('../../../contracts/examples/', import.meta.url)
const example = (path: string) =>
  (JSON.parse(readFileSync(new URL(path, examples), 'utf8')) as { data: Record<string, unknown> }).data

const v1 = example('order/order-created.v1/plain.json')
const v2 = example('order/order-created.v2/plain.json')
const read = readersOf({ OrderCreated: ['orderId', 'items.productId', 'subtotal.amount'] }).get(
  'OrderCreated',
)!

describe('what a consumer needs', () => {
  it('is all that it gets', () => {
    const [{ productId }] = v2.items as [{ productId: string }]
    expect(read(v2, 'urn:chorus:event:OrderCreated:2')).to.eql({
      data: { orderId: v2.orderId, items: [{ productId }], subtotal: { amount: 1250 } },
    })
  })

  it('is a type as well', () => {
    const part: Subset<OrderCreatedData, 'orderId' | 'subtotal.amount'> = {
      orderId: 'x',
      subtotal: { amount: 1 },
    }
    // @ts-expect-error currency was not declared
    expect(part.subtotal.currency).to.equal(undefined)
  })

  it('is all that is checked: anything else may be wrong, missing or new', () => {
    const odd = { ...v2, payment: 7, userId: undefined, weather: 'fine' }
    expect(read(odd, 'urn:chorus:event:OrderCreated:2')).to.have.property('data')
    const wrong = { ...v2, subtotal: { amount: '12' } }
    expect(read(wrong, 'urn:chorus:event:OrderCreated:2'))
      .to.have.property('violations')
      .that.includes('/subtotal/amount')
  })

  it('is read from an older version, lifted to the newest', () => {
    expect(read(v1, 'urn:chorus:event:OrderCreated:1')).to.eql(read(v2, 'urn:chorus:event:OrderCreated:2'))
  })

  it('is not read from an old event that breaks its own version', () => {
    const { currency: _, ...broken } = v1
    expect(read(broken, 'urn:chorus:event:OrderCreated:1'))
      .to.have.property('violations')
      .that.includes('currency')
  })

  it('must be in the contract', () => {
    expect(() => readersOf({ OrderCreated: ['orderId', 'mood'] })).to.throw('there is no field mood')
    expect(() => subsetOf({ properties: {} }, ['a.b'])).to.throw('there is no field a.b')
  })

  it('is passed over when a condition says that it is none of its business', () => {
    const without = readersOf({ OrderCreated: ['orderId'] }, { OrderCreated: { unless: 'userCouponId' } })
    const only = readersOf({ OrderCreated: ['orderId'] }, { OrderCreated: { when: 'userCouponId' } })
    const { userCouponId: _, ...plain } = v2
    const schema = 'urn:chorus:event:OrderCreated:2'
    for (const [readers, data, heard] of [
      [without, plain, true],
      [without, { ...plain, userCouponId: v2.orderId }, false],
      [only, plain, false],
      [only, { ...plain, userCouponId: v2.orderId }, true],
    ] as const) {
      const result = readers.get('OrderCreated')!(data, schema)
      expect(result).to.eql(heard ? { data: { orderId: v2.orderId } } : undefined)
    }
  })

  it('keeps what is optional optional', () => {
    expect(pick({ a: 1, b: { c: 2, d: 3 }, e: [{ f: 4, g: 5 }] }, ['b.c', 'e.f', 'x.y'])).to.eql({
      b: { c: 2 },
      e: [{ f: 4 }],
    })
  })
})

describe('golden examples', () => {
  const files = (readdirSync(examples, { recursive: true }) as string[]).filter((file) =>
    file.endsWith('.json'),
  )

  it('are there for every version of every event', () => {
    const told = new Set(
      files.map(
        (file) => (JSON.parse(readFileSync(new URL(file, examples), 'utf8')) as Golden).headers.ce_dataschema,
      ),
    )
    expect([...told]).to.have.members(contracts.map(({ dataschema }) => dataschema))
  })

  interface Golden {
    headers: Record<string, string>
    key: string
    data: Record<string, unknown>
  }
  for (const file of files) {
    it(`${file} keeps to its contract, and can be read in full today`, () => {
      const { headers, key, data } = JSON.parse(readFileSync(new URL(file, examples), 'utf8')) as Golden
      const contract = contracts.find(({ dataschema }) => dataschema === headers.ce_dataschema)!
      const type = headers.ce_type as EventType
      expect(violationsOf(type, data, 'strict', contract.version)).to.equal(undefined)
      expect(key).to.equal(data[contract.key])
      expect(headers.ce_subject).to.equal(data[contract.subject])
      const newest = contracts.findLast((c) => c.type === type)!
      const fields = Object.keys((newest.schema as { properties: object }).properties)
      const whole = readersOf({ [type]: fields }).get(type)!(data, headers.ce_dataschema!)
      expect(whole).to.have.property('data')
    })
  }
})
