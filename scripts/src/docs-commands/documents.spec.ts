import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Parser } from '@asyncapi/parser'
import { asyncApiOf, emits, hears, openApiOf } from '@chorus/chassis'
import { contractOf, contracts } from '@chorus/contracts'
import { loadSettings } from '@chorus/stack'
import { validate } from '@readme/openapi-parser'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import { expect } from 'chai'
import { describedServices } from '../services.js'

interface Message {
  headers: object
  payload: object
  bindings: { kafka: { key: object } }
}

const { repo } = loadSettings({}, {})
const read = (file: string) => readFileSync(path.join(repo, file), 'utf8')

/** What the official parser has against a document, down to hints; 3.0 is what most tools read. */
async function complaints(document: object): Promise<string[]> {
  const diagnostics = await new Parser().validate(JSON.stringify(document))
  return diagnostics
    .filter(({ code }) => code !== 'asyncapi-latest-version')
    .map(({ path, message }) => `${path.join('/')}: ${message}`)
}

describe('the OpenAPI document', () => {
  for (const service of describedServices) {
    it(`of ${service.name} is valid`, async () => {
      expect(await validate(structuredClone(openApiOf(service)) as never)).to.include({ valid: true })
    })

    it(`of ${service.name} has every route, and says who may call it`, () => {
      const { paths } = openApiOf(service)
      for (const { method, path, access, summary } of service.routes) {
        const operation = paths[path.replace(':id', '{id}')]?.[method]
        const security = { public: [], user: [{ bearer: [] }], admin: [{ bearer: ['admin'] }] }[access]
        expect(operation).to.deep.include({ summary, security })
      }
    })
  }

  it('refuses two different schemas of one name', () => {
    const [first] = describedServices[0]!.routes
    const other = { ...first!, path: '/others', answer: { title: 'Order', type: 'string' } }
    expect(() => openApiOf({ name: 'order', routes: [first!, other] })).to.throw(/the title Order/)
  })
})

describe('the AsyncAPI document', () => {
  for (const service of describedServices) {
    const document = asyncApiOf(service.name, [service])

    it(`of ${service.name} is valid`, async () => expect(await complaints(document)).to.eql([]))

    it(`of ${service.name} has what it emits and hears, each in the channel of its producer`, () => {
      for (const type of [...emits(service), ...hears(service)]) {
        const { producer, version } = contractOf(type)
        expect(document.channels[`${producer}.events`]!.messages).to.have.property(`${type}.v${version}`)
      }
    })
  }

  const system = asyncApiOf('Chorus', describedServices)

  it('of the whole system is valid', async () => expect(await complaints(system)).to.eql([]))

  it('of the whole system has every contract', () => {
    expect(Object.keys(system.components.messages)).to.have.members(
      contracts.map(({ type, version }) => `${type}.v${version}`),
    )
  })

  it('names exactly the headers of the envelope', () => {
    const { properties, required } = JSON.parse(read('contracts/envelope.schema.json')) as {
      properties: object
      required: string[]
    }
    for (const message of Object.values(system.components.messages)) {
      const headers = (message as Message).headers as { properties: object; required: string[] }
      expect(headers.properties).to.have.all.keys(properties)
      expect(headers.required).to.have.members(required)
    }
  })

  it('is true: real messages of every type have the headers, the key and the payload that it says', () => {
    const ajv = new Ajv({ strict: false })
    formats.default(ajv)
    const files = readdirSync(path.join(repo, 'contracts/examples'), {
      recursive: true,
      encoding: 'utf8',
    }).filter((file) => file.endsWith('.json'))
    expect(files).to.have.length.at.least(contracts.length)
    for (const file of files) {
      const { headers, key, data } = JSON.parse(read(`contracts/examples/${file}`)) as {
        headers: { ce_type: string; ce_dataschema: string }
        key: string
        data: object
      }
      const version = headers.ce_dataschema.split(':').at(-1)
      const message = system.components.messages[`${headers.ce_type}.v${version}`] as Message
      expect(ajv.validate(message.headers, headers), `${file} ${ajv.errorsText()}`).to.equal(true)
      expect(ajv.validate(message.payload, data), `${file} ${ajv.errorsText()}`).to.equal(true)
      expect(ajv.validate(message.bindings.kafka.key, key), `${file} ${ajv.errorsText()}`).to.equal(true)
    }
  })
})
