import { expect } from 'chai'
import { cpuTimes, spareSince } from './spare.js'

describe('the spare time of the machine', () => {
  it('is what nobody used since it was asked for', () => {
    const [first, second, third] = [
      { idle: 100, all: 1000 },
      { idle: 400, all: 2000 },
      { idle: 400, all: 3000 },
    ]
    expect([spareSince(first, second), spareSince(second, third)]).to.deep.equal([0.3, 0])
  })

  it('is all of it when no time has passed', () => {
    expect(spareSince({ idle: 7, all: 7 }, { idle: 7, all: 7 })).to.equal(1)
  })

  it('is read from this machine', () => {
    expect(spareSince(cpuTimes())).to.be.within(0, 1)
  })
})
