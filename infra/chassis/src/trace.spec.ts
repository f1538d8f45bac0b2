import { expect } from 'chai'
import { goOn, newTraceparent } from './trace.js'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

describe('a trace', () => {
  it('goes on in a new span, sampled as the caller wants it', () => {
    const next = newTraceparent(`00-${TRACE}-${SPAN}-00`)
    expect(next)
      .to.match(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`))
      .and.not.include(SPAN)
  })

  it('is the same for what goes on with it', () => {
    expect(goOn(`00-${TRACE}-${SPAN}-00`)).to.equal(`00-${TRACE}-${SPAN}-00`)
  })

  for (const [what, incoming] of [
    ['no header', undefined],
    ['no request', ''],
    ['no trace', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['no span', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['nonsense', 'nonsense'],
    ['another version', `ff-${TRACE}-${SPAN}-01`],
    ['capitals', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['more than a traceparent', `00-${TRACE}-${SPAN}-01\n`],
  ] as const) {
    it(`begins with ${what}`, () => {
      const trace = newTraceparent(incoming)
      expect(trace)
        .to.match(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
        .and.not.include(TRACE)
      expect(newTraceparent(incoming)).not.to.equal(trace)
      expect(goOn(incoming))
        .to.match(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
        .and.not.include(TRACE)
    })
  }
})
