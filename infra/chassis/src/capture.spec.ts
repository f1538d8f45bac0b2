import { expect } from 'chai'
import { OutboxAge } from './capture.js'

const at = (seconds: number, written: number, confirmed: number | null) => ({
  active: true,
  kept: 0,
  atMs: seconds * 1000,
  written,
  confirmed,
})

describe('the age of an outbox', () => {
  it('begins at the look that first saw what is not confirmed yet', () => {
    const age = new OutboxAge()
    expect(age.look(at(0, 100, 100))).to.equal(0)
    expect(age.look(at(10, 200, 100))).to.equal(0)
    expect(age.look(at(20, 300, 100))).to.equal(10)
    expect(age.look(at(30, 400, 200))).to.equal(10)
    expect(age.look(at(40, 400, 399))).to.equal(10)
    expect(age.look(at(50, 400, 400))).to.equal(0)
  })

  it('grows while there is no slot', () => {
    const age = new OutboxAge()
    age.look(at(0, 100, null))
    expect(age.look(at(60, 100, null))).to.equal(60)
  })
})
