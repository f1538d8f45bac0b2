import { expect } from 'chai'
import { planOf, type Fault } from './plan.js'

const PARTS = ['connect', 'gateway', 'kafka', 'order', 'payment', 'postgres']

describe('a plan of chaos', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(planOf(7, 50, PARTS)).to.deep.equal(planOf(7, 50, PARTS))
    expect(planOf(7, 50, PARTS)).to.not.deep.equal(planOf(8, 50, PARTS))
  })

  it('kills every part before it kills one a second time, and pauses everything but Postgres', () => {
    const plan = planOf(3, 400, PARTS)
    const parts = (kind: Fault['kind']) =>
      plan.flatMap((f) => (f.kind === kind && 'part' in f ? [f.part] : []))
    expect(parts('kill').slice(0, PARTS.length)).to.have.members(PARTS)
    expect(new Set(parts('pause'))).to.deep.equal(new Set(PARTS.filter((part) => part !== 'postgres')))
    expect(plan.filter(({ kind }) => kind === 'gateway')).to.have.length.greaterThan(20)
  })
})
