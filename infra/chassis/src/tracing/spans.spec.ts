import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { expect } from 'chai'
import type { Outgoing } from '../event.js'
import type { Input } from '../input.js'
import { openLog } from '../log.js'
import { heard } from '../testing.js'
import { placeIn } from '../trace.js'
import { spansOf } from './spans.js'
import { openTracing } from './tracing.js'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'
const DONE = { kind: 'done' } as const

/** An event in a trace, as Kafka would bring it. */
function delivered(traceparent = `00-${TRACE}-${SPAN}-01`) {
  const event = heard('OrderCancelled', { orderId: 'o1', userId: 'u1', reason: 'USER' })
  const headers = { ce_id: event.id, ce_type: event.type, traceparent }
  const message = { topic: 'order.events', partition: 1, offset: '7', key: event.key, headers, value: null }
  const input: Input = { kind: 'event', event: { ...event, traceparent }, message }
  const outgoing: Outgoing = { ...event, aggregateVersion: 1, dataschema: '' }
  return { input, cause: input.event, outgoing }
}

describe('the spans of a batch', () => {
  const exporter = new InMemorySpanExporter()
  const tracing = spansOf(
    'product',
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  )
  const told = () => exporter.getFinishedSpans()
  beforeEach(() => exporter.reset())

  it('are one for each message, each after the span that sent it, and say what was handled together', () => {
    const [one, other] = [delivered(), delivered(`00-${TRACE}-${SPAN.replace('b7', 'c8')}-01`)]
    tracing.batch([one.input, other.input]).end([DONE, { kind: 'aside' }], [])
    expect(told().map(({ parentSpanContext }) => parentSpanContext?.spanId)).to.deep.equal([
      SPAN,
      '00f067aa0ba902c8',
    ])
    expect(new Set(told().map(({ attributes }) => attributes['chorus.batch.id']))).to.have.property('size', 1)
    expect(told()[1]).to.deep.include({ status: { code: 2 } })
    expect(told()[1]!.attributes).to.include({ 'chorus.batch.inputs': 2, 'messaging.kafka.offset': 7 })
  })

  it('have those of the events that they lead to below them', () => {
    const { input, cause, outgoing } = delivered()
    const batch = tracing.batch([input])
    const { traceparent, id } = batch.emits(cause)
    batch.end([DONE], [outgoing])
    const [created, processed] = told()
    expect(id).to.equal(cause.id)
    expect(placeIn(traceparent)).to.include({ traceId: TRACE, spanId: created!.spanContext().spanId })
    expect(created!.parentSpanContext?.spanId).to.equal(processed!.spanContext().spanId)
    expect(created).to.include({ name: 'create product.events' })
  })

  it('are not told of when it was rolled back', () => {
    const { input, cause } = delivered()
    tracing.batch([input]).emits(cause)
    expect(told()).to.deep.equal([])
  })

  it('are not told of when the caller wants none, nor does whoever comes next', () => {
    const { input, cause, outgoing } = delivered(`00-${TRACE}-${SPAN}-00`)
    const batch = tracing.batch([input])
    expect(placeIn(batch.emits(cause).traceparent)).to.include({ traceId: TRACE, traceFlags: 0 })
    batch.end([DONE], [outgoing])
    expect(told()).to.deep.equal([])
  })

  it('do not exist without somebody to tell', async () => {
    const log = openLog('spec', 'silent')
    expect(await openTracing({ service: 'product', endpoint: undefined, log })).to.equal(undefined)
  })
})
