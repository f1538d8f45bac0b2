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
) => { key: Buffer; headers: Record<string, Buffer | Buffer[] | string | string[]> }

/** What kafkajs reads of a record that it wrote. */
function through(headers: object) {
  const { buffer } = encode({ key: 'key', value: 'value', headers })
  const decoder = new Decoder(buffer)
  // The length of the record: the batch's decoder reads it.
  decoder.readVarInt()
  return decode(decoder, { firstOffset: '7', firstTimestamp: '0' })
}

const text = (value: Buffer | string | (Buffer | string)[]) =>
  Array.isArray(value) ? value.map(String) : String(value)

/** The same with all values as text. */
const asText = ({ headers, ...record }: ReturnType<typeof through>) => ({
  ...record,
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, text(value)])),
})

describe('kafkajs, cured', () => {
  it('reads the same headers as before, as text', () => {
    const all: object[] = [
      { ce_id: '1', ce_type: 'ü', empty: '', twice: ['a', 'b'], thrice: ['a', 'b', 'c'] },
      { ce_id: '2', ce_typo: 'ü' },
      {},
      { ce_id: '3', ce_type: 'ä' },
    ]
    const before = all.map((headers) => asText(through(headers)))
    cureKafkajs()
    expect(all.map(through)).to.deep.equal(before)
    expect(before.map(({ headers }) => Object.keys(headers))).to.deep.equal(
      all.map((headers) => Object.keys(headers)),
    )
  })

  it('takes a header for one, also when each object has something of its name', () => {
    const headers = { toString: 'x', constructor: 'y' }
    expect(through(headers).headers).to.deep.equal(headers)
  })

  it('looks for the coordinator of a group again when it reached no broker', async () => {
    const { prototype } = require('kafkajs/src/cluster') as {
      prototype: { findGroupCoordinatorMetadata(group: object): Promise<object> }
    }
    const cluster = { brokerPool: { withBroker: () => Promise.resolve(null) } }
    const found = prototype.findGroupCoordinatorMetadata.call(cluster as never, { groupId: 'g' })
    expect(await found.catch((error: unknown) => error)).to.deep.include({
      name: 'KafkaJSGroupCoordinatorNotFound',
      retriable: true,
    })
  })
})
