import { createRequire } from 'node:module'
import { expect } from 'chai'
import { cureKafkajs } from './kafkajs-cures.js'

const require = createRequire(import.meta.url)
const encode = require('kafkajs/src/protocol/recordBatch/record/v0/index.js') as (record: object) => {
  buffer: Buffer
}
const Decoder = require('kafkajs/src/protocol/decoder') as new (buffer: Buffer) => { readVarInt(): number }
const decode = require('kafkajs/src/protocol/recordBatch/record/v0/decoder') as (
  decoder: object,
  batch: object,
) => { key: Buffer; headers: Record<string, Buffer | Buffer[]> }

/** What kafkajs reads of a record that it wrote. */
function through(headers: object) {
  const { buffer } = encode({ key: 'key', value: 'value', headers })
  const decoder = new Decoder(buffer)
  // The length of the record: the batch's decoder reads it.
  decoder.readVarInt()
  return decode(decoder, { firstOffset: '7', firstTimestamp: '0' })
}

describe('kafkajs, cured', () => {
  it('reads the same headers as before', () => {
    const headers = { ce_id: '1', ce_type: 'ü', empty: '', twice: ['a', 'b'], thrice: ['a', 'b', 'c'] }
    const before = [through(headers), through({})]
    cureKafkajs()
    expect([through(headers), through({})]).to.deep.equal(before)
    expect(Object.keys(before[0]!.headers)).to.deep.equal(Object.keys(headers))
  })
})
