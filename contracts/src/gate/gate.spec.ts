import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { breaking, checkContracts, historyVerdicts, historyWith, pendingOf } from './check.js'
import { readContracts, workTree } from './files.js'
import { kinds } from './kinds/index.js'
import { all, alsoEvent, accepted, reading, withField, withRequired } from './kinds/planting.js'
import { tableOf, withTable } from './kinds/table.js'
import { canonical, subset, type Schema } from './schema.js'
import type { Contracts } from './model.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const base = accepted(readContracts(workTree(root)))
const broken = (contracts: Contracts) => breaking(checkContracts(contracts))

/** A validator of its own, so that the gate does not vouch for itself. */
function accepts(schema: Schema, event: unknown): boolean {
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  return ajv.validate(schema, event)
}

const narrowed = (payment: Schema): Schema => ({
  ...payment,
  properties: { ...payment.properties, token: { ...payment.properties?.['token'], maxLength: 5 } },
})

describe('the gate', () => {
  it('lets the contracts through as they are', () => {
    expect(checkContracts(base)).to.eql([])
    expect(pendingOf(base)).to.eql([])
  })

  for (const { what, plant, verdict, names } of kinds) {
    it(`${verdict ? 'stops' : 'lets through'} who would ${what}`, () => {
      const verdicts = broken(plant(base))
      expect(verdicts.map(({ kind }) => kind)).to.eql(verdict ? [verdict] : [])
      expect(verdicts.flatMap(({ breaks }) => breaks.map(({ service }) => service))).to.eql(names)
      for (const { text, breaks, proof } of verdicts) {
        expect(text).to.match(/\(docs\/contracts\.md\)$/)
        for (const { service, reads } of breaks)
          for (const word of [service, ...reads]) expect(text).to.include(word)
        if (proof) expect(text).to.include(JSON.stringify(proof.event).slice(0, 1200))
      }
    })
  }

  const ofSchemas = kinds.filter(({ verdict }) =>
    /field|type|values|range|format|pattern|upcaster wrong/.test(verdict ?? ''),
  )
  for (const { what, plant } of ofSchemas) {
    it(`proves by an event that it breaks to ${what}`, () => {
      const [first] = broken(plant(base))
      const { event, read = event, writer, reader } = first!.proof!
      expect(accepts(writer, event), 'valid for its writer').to.equal(true)
      expect(accepts(reader, read), 'refused by its reader').to.equal(false)
    })
  }

  it('says what breaks, who, on which event, and what to do instead', () => {
    const [verdict] = broken(withRequired('CouponUsed', 'discount', false)(base))
    expect(verdict?.text).to.match(
      /^coupon\.CouponUsed v1: your change makes "discount" optional: order \(reads discount\) breaks on this event: \{.*\}; add a v2 beside it instead \(docs\/contracts\.md\)$/,
    )
    expect(verdict?.text).not.to.include('"discount":')
  })

  it('names every consumer that breaks, and only those', () => {
    const verdicts = broken(withField('CouponUsed', 'orderId', () => ({ type: 'integer' }))(base))
    expect(verdicts.map(({ kind }) => kind)).to.eql(['type changed'])
    expect(verdicts[0]?.breaks).to.eql([
      { service: 'order', reads: ['orderId'] },
      { service: 'product', reads: ['orderId'] },
    ])
  })

  it('judges several changes at once, each on its own event', () => {
    const verdicts = broken(
      all(
        withField('CouponUsed', 'currency', (old) => ({ ...old, pattern: '^[a-z]{3}$' })),
        withField('CouponUsed', 'payment', narrowed),
      )(base),
    )
    expect(verdicts.map(({ kind }) => kind)).to.eql(['pattern changed', 'range narrowed'])
    const places = verdicts.map(({ proof }) => proof?.refusal.split(' ')[0])
    expect(places).to.eql(['currency', 'payment.token'])
  })

  it('takes consumers of a new version for readers of all that an upcaster may use of the old one', () => {
    const moved = all(
      alsoEvent('CouponUsed', { type: 'CouponUsed', version: 2, examples: true }),
      reading('order', 'CouponUsed', { version: 2 }),
      (contracts) => ({ ...contracts, upcasters: { 'CouponUsed:1': (data: object) => data } }),
    )(base)
    const widened = withField('CouponUsed', 'userId', (old) => ({ ...old, maxLength: 200 }))(moved)
    expect(broken(widened).map(({ breaks }) => breaks)).to.eql([[{ service: 'order', reads: ['userId'] }]])
  })
})

describe('what is accepted', () => {
  it('is appended to history: a revision, and the hashes of golden examples', () => {
    const grown = withField('CouponUsed', 'points', () => ({ type: 'integer' }))(base)
    const [record, ...others] = pendingOf(grown)
    expect(others).to.eql([])
    expect(record).to.include({ service: 'coupon', name: 'coupon-used', version: 1 })
    expect(record?.revisions).to.have.lengthOf(2)
    expect(Object.keys(record?.examples ?? {})).to.include('plain')
    expect(pendingOf({ ...grown, history: historyWith(grown) })).to.eql([])
  })

  it('lets a consumer begin to read what was widened while nobody read it', () => {
    const widened = withField('CouponUsed', 'userId', (old) => ({ ...old, maxLength: 200 }))(base)
    const later = { ...widened, history: historyWith(widened) }
    expect(broken(reading('order', 'CouponUsed', { fields: ['userId'] })(later))).to.eql([])
    expect(broken(reading('order', 'CouponUsed', { fields: ['userId'] })(widened))).to.have.lengthOf(1)
  })

  it('stays in history when a golden example is gone', () => {
    const [record] = pendingOf(
      withField('CouponUsed', 'points', () => ({ type: 'integer' }))({ ...base, examples: {} }),
    )
    expect(Object.keys(record?.examples ?? {})).to.include('plain')
  })

  it('may not be edited', () => {
    const [first, ...others] = base.history
    const recorded = { ...first!, examples: { plain: 'abc' } }
    expect(historyVerdicts([recorded], [recorded, ...others])).to.eql([])
    const edited = [
      { ...recorded, revisions: [{ type: 'object' }] },
      { ...recorded, examples: {} },
      { ...recorded, version: 9 },
    ]
    for (const record of edited) {
      const verdicts = historyVerdicts([recorded], [record, ...others])
      expect(verdicts.map(({ kind }) => kind)).to.eql(['history edited'])
    }
  })
})

describe('the schema of a reader', () => {
  const schema = base.current.find(({ type }) => type === 'CouponUsed')!.schema

  it('holds what is read only, lists seen through', () => {
    const read = subset(schema, ['items.productId', 'payment', 'mood'])
    expect(read.required).to.eql(['items', 'payment'])
    expect(Object.keys(read.properties ?? {})).to.eql(['items', 'payment'])
    expect(read.properties?.['items']?.items?.required).to.eql(['productId'])
    expect(read.properties?.['payment']).to.eql(schema.properties?.['payment'])
  })

  it('holds no words, but fields that are named like them', () => {
    const words = { title: 'A', description: 'b', properties: { title: { type: 'string', title: 'c' } } }
    expect(canonical(words)).to.eql({ properties: { title: { type: 'string' } } })
  })
})

describe('docs/contracts.md', () => {
  it('shows the kinds of change as the gate judges them today', () => {
    const document = readFileSync(`${root}/docs/contracts.md`, 'utf8')
    const stale = 'the table is stale; to mend it: npx chorus contracts table'
    expect(document, stale).to.equal(withTable(document, tableOf(kinds, base)))
  })
})
