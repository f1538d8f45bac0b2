import { expect } from 'chai'
import { flows } from '../crash-points/flows.js'
import { nameOf, someOf } from '../crash-points/points.js'
import { TryOut } from '../crash-points/try-out.js'
import { sharedSystem } from './shared.js'
import type { System } from './system.js'

const MOST = 2
const completed = flows[0]!

describe('crash points', function () {
  this.timeout(90_000)
  let system: System
  before(async function () {
    this.timeout(240_000)
    system = await sharedSystem()
  })

  const seed = Math.ceil(Math.random() * 1_000_000)
  it(`hold where a service ends on the way of an order: --flow ${completed.name} --most ${MOST} --seed ${seed}`, async () => {
    const tryOut = await TryOut.on(system.run)
    // A second time at a place is chance.
    const boundaries = (await tryOut.boundaries(completed)).filter(({ nth }) => nth === 1)
    expect(boundaries.length).to.be.greaterThan(30)
    for (const point of someOf(boundaries, seed, MOST)) {
      const { broken } = await tryOut.tryPoint(completed, point)
      expect(broken, nameOf(point)).to.deep.equal([])
    }
  })
})
