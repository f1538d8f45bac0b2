import { expect } from 'chai'
import { MOST, restMs, unseenRestMs } from './rest.js'

const IDLE = 0.9
const BUSY = 0.05

describe('the rest of the tracker', () => {
  it('is as long as its work, and long enough for several steps to come', () => {
    expect([restMs(1), restMs(200)]).to.deep.equal([60, 200])
  })

  it('is long while nobody looks, unless much waits', () => {
    expect([unseenRestMs(5, 10, IDLE), unseenRestMs(5, MOST, IDLE)]).to.deep.equal([940, 0])
  })

  it('leaves a full machine to the services, however much waits', () => {
    expect(unseenRestMs(100, MOST, BUSY)).to.equal(2000)
    expect(unseenRestMs(400, MOST, BUSY)).to.equal(3000)
  })
})
