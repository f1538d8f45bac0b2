import { expect } from 'chai'
import { sharedSystem } from './shared.js'
import { chorus, type System } from './system.js'

/** Named to run late: poison stays on the topics, where specs that read them whole would find it. */
describe('under chaos', function () {
  this.timeout(400_000)
  let system: System
  before(async function () {
    this.timeout(240_000)
    system = await sharedSystem()
  })

  it('nothing is lost or doubled: every part is killed or stopped, messages come again, late, or are poison', async () => {
    const size = ['--seed', '20261121', '--orders', '300', '--faults', '16']
    const { code, output } = await chorus(['chaos', ...size, '--rest', '90', '--yes', '--home', system.home])
    expect(code, output).to.equal(0)
    expect(output).to.contain('300 orders and 16 faults').and.to.contain('Nothing is lost, doubled or stuck.')
    const [, again, late, poison] =
      /(\d+) messages came again at once, (\d+) later in another order, (\d+) were poison/
        .exec(output)!
        .map(Number)
    expect(Math.min(again!, late!)).to.be.greaterThan(100)
    // About one message in a hundred, by chance.
    expect(poison).to.be.greaterThan(0)
  })
})
