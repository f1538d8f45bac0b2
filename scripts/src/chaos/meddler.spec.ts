import { expect } from 'chai'
import { Meddler } from './meddler.js'

const messages = Array.from({ length: 1000 }, (_, i) => ({
  topic: `${i % 3}.events`,
  partition: 0,
  message: { key: Buffer.from(`k${i}`), value: Buffer.from('{}'), headers: { ce_type: 'OrderCreated' } },
}))

describe('what chaos sends to the topics', () => {
  it('is a share of early copies, of late ones in another order, and of poison, the same for the same seed', () => {
    const shares = { duplicates: 20, shuffles: 20, poison: 1 }
    const keysOf = (seed: number) => {
      const meddler = new Meddler(seed, shares)
      const sent = [...meddler.after(messages), ...meddler.rest()]
      meddler.sent(sent)
      return { keys: sent.map(({ message }) => String(message.key)), meddled: meddler.meddled }
    }
    const { keys, meddled } = keysOf(7)
    expect(meddled.duplicates).to.be.within(150, 250)
    expect(meddled.shuffled).to.be.within(150, 250)
    expect(meddled.poisoned.length).to.be.within(3, 25)
    expect(keys).to.have.length(meddled.duplicates + meddled.shuffled + meddled.poisoned.length)
    const late = keys.slice(-meddled.shuffled)
    expect(late).to.not.deep.equal(late.toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1))))
    expect(keysOf(7).keys).to.deep.equal(keys)
    expect(keysOf(8).keys).to.not.deep.equal(keys)
  })

  it('is nothing when the shares are 0', () => {
    const meddler = new Meddler(7, { duplicates: 0, shuffles: 0, poison: 0 })
    expect([...meddler.after(messages), ...meddler.rest()]).to.deep.equal([])
  })
})
