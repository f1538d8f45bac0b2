import { expect } from 'chai'
import { Changes } from './changes.js'

const LONG_MS = 60_000

/** Whether a wait is over before the next turn of the event loop. */
const over = (wait: Promise<void>) =>
  Promise.race([wait.then(() => true), new Promise<boolean>((resolve) => setImmediate(() => resolve(false)))])

describe('those who look at flows', () => {
  it('are told of what changed until they have enough', () => {
    const changes = new Changes()
    const told: (readonly string[])[] = []
    const stop = changes.watch((ids) => told.push(ids))
    changes.tell(['a'])
    stop()
    changes.tell(['b'])
    expect(told).to.eql([['a']])
  })

  it('are not kept waiting, and end a wait that was begun while nobody looked', async () => {
    const changes = new Changes()
    const unseen = changes.unseen(LONG_MS)
    expect(await over(unseen)).to.equal(false)
    changes.asked()
    expect(await over(unseen)).to.equal(true)
    expect(await over(changes.unseen(LONG_MS))).to.equal(true)
    const watched = new Changes()
    const before = watched.unseen(LONG_MS)
    watched.watch(() => {})
    expect(await over(before)).to.equal(true)
  })
})
