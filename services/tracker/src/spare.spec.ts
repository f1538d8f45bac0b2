import { expect } from 'chai'
import { Spare } from './spare.js'

describe('the spare time of the machine', () => {
  it('is what nobody used since it was asked for', () => {
    const times = [
      { idle: 100, all: 1000 },
      { idle: 400, all: 2000 },
      { idle: 400, all: 3000 },
    ]
    const spare = new Spare(() => times.shift()!)
    expect([spare.part(), spare.part()]).to.deep.equal([0.3, 0])
  })

  it('is all of it when no time has passed', () => {
    expect(new Spare(() => ({ idle: 7, all: 7 })).part()).to.equal(1)
  })

  it('is read from this machine', () => {
    expect(new Spare().part()).to.be.within(0, 1)
  })
})
