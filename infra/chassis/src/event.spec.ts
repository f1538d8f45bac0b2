import { expect } from 'chai'
import { event, record } from './event.js'
import { newId } from './ids.js'

const at = new Date('2026-03-01T12:00:00Z')
const [orderId, causeId] = [newId(), newId()]
const fact = event('OrderCancelled', { orderId, userId: 'u1', reason: 'USER' })
const idOf = (service: string, index: number, id = causeId) =>
  record(fact, { id, traceparent: '' }, service, index, at).id

describe('recording a fact', () => {
  it('gives it its key, its time and its cause', () => {
    expect(record(fact, { id: causeId, traceparent: 't' }, 'order', 0, at)).to.deep.include({
      type: 'OrderCancelled',
      data: fact.data,
      source: 'order',
      key: orderId,
      subject: orderId,
      time: at,
      correlationId: orderId,
      causationId: causeId,
      traceparent: 't',
    })
  })

  it('keeps the flow of the event that led to it', () => {
    const cause = { id: causeId, correlationId: 'flow', traceparent: '' }
    expect(record(fact, cause, 'order', 0, at).correlationId).to.equal('flow')
  })

  it('tells facts of one cause apart by service and place, and is the same every time', () => {
    const ids = [idOf('order', 0), idOf('order', 1), idOf('payment', 0), idOf('order', 0, newId())]
    expect(new Set(ids)).to.have.lengthOf(4)
    expect(idOf('order', 0)).to.equal(ids[0])
  })
})
