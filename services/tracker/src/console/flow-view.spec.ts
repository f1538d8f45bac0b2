import { topology } from '@chorus/contracts'
import { expect } from 'chai'
import { timelineOf } from '../flow/index.js'
import { flowPage } from './flow-view.js'

const DEADLINE = '2026-03-01T12:05:00.000Z'
const step = (id: string, type: string, service: string, atMs: number, causationId: string) => ({
  id,
  type,
  service,
  atMs,
  causationId,
  traceparent: '',
  data: { orderId: 'o', deadlineAt: DEADLINE },
})
const created = step('1', 'OrderCreated', 'order', 1000, 'a command')
const decremented = step('2', 'StockDecremented', 'product', 1010, '1')

function page(steps: (typeof created)[], nowMs: number) {
  const { hops, ...timeline } = timelineOf(steps, topology)
  const place = { dataschema: '', topic: '', partition: 0, offset: 0, copies: 0, standing: 'there' as const }
  const story = { id: 'o', user: null, ...timeline, hops: hops.map((hop) => ({ ...hop, ...place })) }
  return flowPage(story, topology, [{ name: 'payment', answers: false }], nowMs)
}

describe('the page of a flow', () => {
  it('has a lane for each service that is involved, and an arrow from each event to what it led to', () => {
    const { lanes, events, waits } = page([created, decremented], 2000)
    expect(lanes).to.eql(['order', 'product', 'payment'])
    const fact = { style: 'fact' }
    const wait = { style: 'wait' }
    expect([...events, ...waits].map(({ row }) => row)).to.eql([
      {
        lane: 0,
        lines: [
          { kind: 'across', lane: 0, to: 1, ...fact },
          { kind: 'down', lane: 1, ...fact },
        ],
      },
      {
        lane: 1,
        lines: [
          { kind: 'arrive', lane: 1, ...fact },
          { kind: 'across', lane: 1, to: 2, ...wait },
          { kind: 'down', lane: 2, ...wait },
        ],
      },
      { lane: 2, lines: [{ kind: 'arrive', lane: 2, ...wait }] },
    ])
  })

  it('gives a service the same colour in every flow, and whoever declares nothing a lane of its own', () => {
    const used = step('3', 'CouponUsed', 'coupon', 1005, '1')
    const toneOf = (service: string, { lanes, tones }: ReturnType<typeof page>) =>
      tones[lanes.indexOf(service)]
    const [without, withCoupon] = [page([created, decremented], 2000), page([created, used], 2000)]
    expect(withCoupon.lanes).to.eql(['order', 'coupon', 'product'])
    expect(toneOf('product', withCoupon)).to.equal(toneOf('product', without))
    const strange = page([created, step('4', 'StockDecremented', 'somebody', 1010, '1')], 2000)
    expect(strange.lanes).to.eql(['order', 'payment', 'somebody'])
    expect(strange.events[1]!.row!.lane).to.equal(2)
  })

  it('tells when each event was under way, in percent of the whole flow', () => {
    const completed = step('3', 'PaymentCompleted', 'payment', 1040, '2')
    const { events } = page([created, decremented, completed], 2000)
    expect(events.map(({ bar }) => bar)).to.eql([
      undefined,
      { from: 0, length: 25 },
      { from: 25, length: 75 },
    ])
  })

  it('says who is waited for and why, but not before its time has come', () => {
    const { waits, later } = page([created, decremented], 2000)
    expect(waits[0]).to.include({ service: 'payment', sinceMs: 1010, because: 'payment does not answer' })
    expect(later.map(({ service }) => service)).to.eql(['order'])
    const late = page([created, decremented], Date.parse(DEADLINE) + 1)
    expect(late.waits.map(({ service }) => service)).to.eql(['payment', 'order'])
  })
})
