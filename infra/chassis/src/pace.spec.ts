import { expect } from 'chai'
import { Pace } from './pace.js'

const BATCHES = { calmPerSecond: 150, worth: 12, longestGapMs: 15 }

/** Feeds batches of so many inputs, so far apart, for two seconds. @returns the pace and the time after it */
function after(inputs: number, everyMs: number): { pace: Pace; nowMs: number } {
  const pace = new Pace(BATCHES)
  let nowMs = 1000
  for (; nowMs < 3000; nowMs += everyMs) pace.begins(inputs, nowMs)
  return { pace, nowMs: nowMs - everyMs }
}

describe('the pace of batches', () => {
  it('lets the first input of a quiet service go at once', () => {
    expect(new Pace(BATCHES).restMs(1, 5000)).to.equal(0)
  })

  it('never holds up what comes slowly, one by one', () => {
    const { pace, nowMs } = after(1, 10)
    expect(pace.restMs(1, nowMs)).to.equal(0)
  })

  it('spaces batches out when inputs come fast', () => {
    const { pace, nowMs } = after(1, 1)
    expect(pace.restMs(1, nowMs)).to.be.closeTo(12, 1)
  })

  it('counts the time since the last batch began, so a long transaction is rest enough', () => {
    const { pace, nowMs } = after(1, 1)
    expect(pace.restMs(1, nowMs + 30)).to.equal(0)
  })

  it('does not wait for more when there is enough', () => {
    const { pace, nowMs } = after(1, 1)
    expect(pace.restMs(12, nowMs)).to.equal(0)
  })

  it('never rests longer than a lone order could bear', () => {
    for (const everyMs of [1, 2, 3, 4, 5, 6, 7]) {
      const { pace, nowMs } = after(1, everyMs)
      expect(pace.restMs(1, nowMs)).to.be.at.most(15)
    }
  })

  it('calms down within a second of the last rush', () => {
    const { pace, nowMs } = after(2, 1)
    pace.begins(1, nowMs + 1000)
    expect(pace.restMs(1, nowMs + 1000)).to.equal(0)
  })
})
