import { expect } from 'chai'
import type { KafkaMessage } from 'kafkajs'
import { messageOf, readMessage } from './cloud-events.js'
import type { Message } from './dead-letters.js'
import { newId } from './ids.js'
import { readersOf } from './needs.js'

const [ID, ORDER] = [newId(), newId()]
const headers = {
  ce_id: ID,
  ce_type: 'OrderCancelled',
  ce_source: '/services/order',
  ce_specversion: '1.0',
  ce_time: '2026-03-01T12:00:00.000Z',
  ce_subject: ORDER,
  ce_dataschema: 'urn:chorus:event:OrderCancelled:1',
  ce_correlationid: ORDER,
  ce_causationid: 'cause',
  traceparent: 'trace',
}
const data = { orderId: ORDER, userId: 'u1', reason: 'USER' }
const HEARD = readersOf({ OrderCancelled: ['orderId', 'userId', 'reason'] })

const message = (change: Partial<Message> = {}): Message => ({
  topic: 'order.events',
  partition: 3,
  offset: '7',
  key: ORDER,
  headers,
  value: Buffer.from(JSON.stringify(data)),
  ...change,
})
const without = (name: string) =>
  Object.fromEntries(Object.entries(headers).filter(([header]) => header !== name))
const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))

describe('reading a message', () => {
  it('makes an event of a CloudEvent in binary mode', () => {
    const whole = message()
    expect(readMessage(whole, HEARD)).to.eql({
      kind: 'event',
      message: whole,
      event: {
        id: ID,
        type: 'OrderCancelled',
        data,
        source: 'order',
        key: ORDER,
        subject: ORDER,
        time: new Date('2026-03-01T12:00:00.000Z'),
        correlationId: ORDER,
        causationId: 'cause',
        traceparent: 'trace',
      },
    })
  })

  it('does without a causation id and a trace', () => {
    const { ce_causationid: _, traceparent: __, ...rest } = headers
    expect(readMessage(message({ headers: rest }), HEARD)).to.deep.nested.include({
      'event.causationId': '',
      'event.traceparent': '',
    })
  })

  for (const name of Object.keys(headers).filter((n) => !['ce_causationid', 'traceparent'].includes(n))) {
    it(`sets aside what has no ${name}`, () => {
      const read = readMessage(message({ headers: without(name) }), HEARD)
      expect(read).to.deep.include({
        kind: 'invalid',
        reason: 'NOT_AN_EVENT',
        detail: `headers are missing: ${name}`,
      })
    })
  }

  for (const [what, change, reason, detail] of [
    [
      'of another specversion',
      { headers: { ...headers, ce_specversion: '0.3' } },
      'NOT_AN_EVENT',
      /specversion/,
    ],
    ['with an id that is no UUID', { headers: { ...headers, ce_id: '42' } }, 'NOT_AN_EVENT', /ce_id/],
    ['with a time that is none', { headers: { ...headers, ce_time: 'noon' } }, 'NOT_AN_EVENT', /ce_time/],
    ['without a key', { key: null }, 'NOT_AN_EVENT', /no key/],
    ['without a value', { value: null }, 'NOT_AN_EVENT', /no value/],
    ['that is not JSON', { value: bytes('{') }, 'NOT_AN_EVENT', /not JSON/],
    ['that lacks a field', { value: bytes({ ...data, reason: undefined }) }, 'DATA_INVALID', /'reason'/],
    ['with a field of another kind', { value: bytes({ ...data, orderId: 7 }) }, 'DATA_INVALID', /orderId/],
    ['with an unknown value', { value: bytes({ ...data, reason: 'MOOD' }) }, 'DATA_INVALID', /reason/],
    ['that is JSON but no object', { value: bytes('null') }, 'DATA_INVALID', /object/],
  ] as const) {
    it(`sets aside what comes ${what}`, () => {
      const whole = message(change)
      const read = readMessage(whole, HEARD)
      expect(read).to.deep.include({ kind: 'invalid', reason, message: whole })
      expect(read).to.have.property('detail').match(detail)
    })
  }

  it('does not show values in what it says is wrong', () => {
    const read = readMessage(message({ value: bytes({ ...data, reason: 'secret' }) }), HEARD)
    expect(JSON.stringify({ ...read, message: undefined })).not.to.include('secret')
  })

  it('takes fields that it did not declare without looking, and keeps them from the rules', () => {
    const more = { ...data, userId: 7, mood: 'good' }
    const read = readMessage(message({ value: bytes(more) }), readersOf({ OrderCancelled: ['orderId'] }))
    expect(read)
      .to.deep.include({ kind: 'event' })
      .and.to.have.deep.nested.property('event.data', { orderId: ORDER })
  })

  it('sets aside a version that nobody here knows', () => {
    const ce_dataschema = 'urn:chorus:event:OrderCancelled:9'
    const read = readMessage(message({ headers: { ...headers, ce_dataschema } }), HEARD)
    expect(read).to.deep.include({ kind: 'invalid', reason: 'DATA_INVALID' })
  })

  it('ignores events that nobody here reacts to, without looking at their data', () => {
    expect(readMessage(message({ value: bytes('{') }), new Map())).to.equal(undefined)
    const unknown = message({ headers: { ...headers, ce_type: 'MoonRose' } })
    expect(readMessage(unknown, HEARD)).to.equal(undefined)
  })
})

const raw = (change: Partial<KafkaMessage>) =>
  ({
    key: Buffer.from(ORDER),
    value: Buffer.from('{}'),
    timestamp: '0',
    attributes: 0,
    offset: '7',
    headers: {},
    ...change,
  }) as KafkaMessage

describe('a Kafka message', () => {
  it('is taken with its place, its key and headers as text', () => {
    const value = Buffer.from('{}')
    expect(messageOf('t', 3, raw({ value, headers: { a: Buffer.from('1'), b: '2' } }))).to.eql({
      topic: 't',
      partition: 3,
      offset: '7',
      key: ORDER,
      headers: { a: '1', b: '2' },
      value,
    })
  })

  it('keeps the first of repeated headers, and drops empty ones', () => {
    const headers = { a: [Buffer.from('1'), Buffer.from('2')], b: undefined, c: [] }
    expect(messageOf('t', 0, raw({ headers })).headers).to.eql({ a: '1' })
  })

  it('may lack key, value and headers', () => {
    expect(
      messageOf('t', 0, { ...raw({ key: null, value: null }), headers: undefined } as never),
    ).to.deep.include({ key: null, value: null, headers: {} })
  })

  it('has no NUL characters in what Postgres must hold', () => {
    const { key, headers } = messageOf('t', 0, raw({ key: Buffer.from('a\0b'), headers: { 'x\0': 'y\0z' } }))
    expect([key, headers]).to.eql(['a\uFFFDb', { 'x\uFFFD': 'y\uFFFDz' }])
  })
})
