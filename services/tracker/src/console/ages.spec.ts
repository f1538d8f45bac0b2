import { expect } from 'chai'
import { AGES, begunIn } from './ages.js'

const NOW = Date.parse('2026-03-02T12:00:00Z')
const at = (time: string) => new Date(`2026-03-0${time}:00Z`)

describe('the ages of flows', () => {
  it('say when they began', () => {
    expect(Object.fromEntries(AGES.map((age) => [age, begunIn(age, NOW)]))).to.eql({
      'less than 5 min': { since: at('2T11:55') },
      'less than 1 h': { since: at('2T11:00') },
      'less than 1 day': { since: at('1T12:00') },
      'more than 5 min': { before: at('2T11:55') },
      'more than 1 h': { before: at('2T11:00') },
      'more than 1 day': { before: at('1T12:00') },
    })
  })

  for (const none of [undefined, '', 'less than 7 min', '5 min'])
    it(`are all of them for ${none}`, () => expect(begunIn(none, NOW)).to.eql({}))
})
