import { once, EventEmitter } from 'node:events'
import { expect } from 'chai'
import { startRounds, type Rounds } from './rounds.js'

const LONG_MS = 3_600_000

describe('work that comes round', () => {
  let rounds: Rounds
  let begun: number
  let end: (restMs: number) => void
  const news = new EventEmitter()

  /** A round that lasts until `end` is called. */
  const round = () =>
    new Promise<number>((resolve) => {
      begun += 1
      end = resolve
      news.emit('begun')
    })

  beforeEach(() => {
    begun = 0
    rounds = startRounds(round)
  })

  it('begins at once, and again after its rest', async () => {
    expect(begun).to.equal(1)
    const next = once(news, 'begun')
    end(1)
    await next
    expect(begun).to.equal(2)
    end(0)
    await rounds.stop()
  })

  it('begins again without its rest when it is woken', async () => {
    end(LONG_MS)
    await new Promise(setImmediate)
    const next = once(news, 'begun')
    rounds.wake()
    await next
    end(LONG_MS)
    await rounds.stop()
    expect(begun).to.equal(2)
  })

  it('is not done twice at a time, but once more when it is woken meanwhile', async () => {
    rounds.wake()
    rounds.wake()
    await new Promise(setImmediate)
    expect(begun).to.equal(1)
    const next = once(news, 'begun')
    end(LONG_MS)
    await next
    end(LONG_MS)
    await rounds.stop()
    expect(begun).to.equal(2)
  })

  it('is waited for by who stops it, and not begun again', async () => {
    let stopped = false
    const stopping = rounds.stop().finally(() => {
      stopped = true
    })
    await new Promise(setImmediate)
    expect(stopped).to.equal(false)
    end(0)
    await stopping
    rounds.wake()
    await new Promise(setImmediate)
    expect(begun).to.equal(1)
  })
})
