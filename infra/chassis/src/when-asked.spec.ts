import { expect } from 'chai'
import { openLog } from './log.js'
import { whenAsked } from './when-asked.js'

const log = openLog('spec', 'silent')
const never = () => new Promise<number>(() => {})
const refused = () => Promise.reject(new Error('away'))

/** What is shown after each look. */
async function shown(measure: () => Promise<number>, looks = 1): Promise<(number | undefined)[]> {
  const noted: (number | undefined)[] = []
  const collect = whenAsked('it', measure, (value) => noted.push(value), log)
  for (let look = 0; look < looks; look++) await collect()
  return noted
}

describe('a measurement that is taken when somebody asks', () => {
  it('is taken anew at each look', async () => {
    let value = 0
    expect(await shown(async () => ++value, 2)).to.eql([1, 2])
  })

  it('is taken once for all gauges that share it', async () => {
    let taken = 0
    const collect = whenAsked(
      'it',
      async () => ++taken,
      () => {},
      log,
    )
    await Promise.all([collect(), collect()])
    expect(taken).to.equal(1)
  })

  it('shows nothing old when it fails, and keeps nobody waiting', async () => {
    let looks = 0
    expect(await shown(() => (looks++ === 0 ? Promise.resolve(1) : refused()), 2)).to.eql([1, undefined])
  })

  it('shows nothing old when it takes too long, and keeps nobody waiting', async () => {
    expect(await shown(never)).to.eql([undefined])
  })
})
