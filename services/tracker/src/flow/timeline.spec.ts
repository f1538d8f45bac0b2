import { topology } from '@chorus/contracts'
import { expect } from 'chai'
import { timelineOf } from './timeline.js'

const step = (id: string, type: string, service: string, atMs: number, causationId: string) => ({
  id,
  type,
  service,
  atMs,
  causationId,
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  data: { orderId: 'o' },
})
const created = step('1', 'OrderCreated', 'order', 100, 'a command')
const decremented = step('2', 'StockDecremented', 'product', 112, '1')
const requested = step('3', 'PaymentRequested', 'payment', 120, '2')
const failed = step('4', 'PaymentFailed', 'payment', 150, 'another command')
const restored = step('5', 'StockRestored', 'product', 160, '4')

describe('the timeline of a flow', () => {
  it('tells each event after its cause, and how long it took, also after an answer from outside', () => {
    const { hops, traceId } = timelineOf([restored, failed, requested, decremented, created], topology)
    expect(hops.map(({ id, offsetMs, tookMs, causeId }) => [id, offsetMs, tookMs, causeId])).to.eql([
      ['1', 0, undefined, undefined],
      ['2', 12, 12, '1'],
      ['3', 20, 8, '2'],
      ['4', 50, 30, '3'],
      ['5', 60, 10, '4'],
    ])
    expect(traceId).to.equal('4bf92f3577b34da6a3ce929d0e0e4736')
  })

  it('marks what refuses and what takes something back', () => {
    const { hops } = timelineOf([created, decremented, requested, failed, restored], topology)
    expect(hops.map(({ mark }) => mark)).to.eql(['fact', 'fact', 'fact', 'refusal', 'undo'])
    expect(hops[4]).to.include({ undoes: 'StockDecremented' })
  })

  it('keeps a cause before what it led to when both have the same time', () => {
    const same = [step('2', 'StockDecremented', 'product', 100, '1'), created]
    expect(timelineOf(same, topology).hops.map(({ id }) => id)).to.eql(['1', '2'])
  })
})
