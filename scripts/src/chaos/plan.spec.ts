import { expect } from 'chai'
import { planOf, type Fault } from './plan.js'

const PARTS = ['connect', 'gateway', 'kafka', 'order', 'payment', 'postgres']

describe('a plan of chaos', () => {
  it('is the same for the same seed, and another for another: what, to whom, how long and after which order', () => {
    const size = { orders: 1000, faults: 50 }
    expect(planOf({ seed: 7, ...size }, PARTS)).to.deep.equal(planOf({ seed: 7, ...size }, PARTS))
    expect(planOf({ seed: 7, ...size }, PARTS)).to.not.deep.equal(planOf({ seed: 8, ...size }, PARTS))
  })

  it('is spread over all orders', () => {
    const after = planOf({ seed: 5, orders: 1000, faults: 10 }, PARTS).map((fault) => fault.after)
    expect(after).to.deep.equal(after.toSorted((a, b) => a - b))
    for (const [i, orders] of after.entries()) expect(orders).to.be.within(i * 100, i * 100 + 99)
  })

  it('kills every part before it kills one a second time, and pauses everything but Postgres', () => {
    const plan = planOf({ seed: 3, orders: 5000, faults: 800 }, PARTS)
    const parts = (kind: Fault['kind']) =>
      plan.flatMap((f) => (f.kind === kind && 'part' in f ? [f.part] : []))
    expect(parts('kill').slice(0, PARTS.length)).to.have.members(PARTS)
    expect(new Set(parts('pause'))).to.deep.equal(new Set(PARTS.filter((part) => part !== 'postgres')))
    expect(plan.filter(({ kind }) => kind === 'gateway')).to.have.length.greaterThan(20)
  })

  it('cuts and holds up every connection of the services, and cuts what Connect reads from', () => {
    const plan = planOf({ seed: 3, orders: 5000, faults: 800 }, PARTS)
    const links = (kind: Fault['kind']) =>
      new Set(plan.flatMap((f) => (f.kind === kind && 'to' in f ? [`${f.part} ${f.to}`] : [])))
    const ofServices = [
      'order kafka',
      'order postgres',
      'payment gateway',
      'payment kafka',
      'payment postgres',
    ]
    expect(links('hold')).to.deep.equal(new Set(ofServices))
    expect(links('cut')).to.deep.equal(new Set(['connect postgres', ...ofServices]))
  })
})
