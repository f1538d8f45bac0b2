import { expect } from 'chai'
import { appendFileSync, readFileSync } from 'node:fs'
import { Ledger } from './ledger.js'
import { booksIn } from './sandbox.fixtures.js'

const charge = { key: 'k1', status: 'CAPTURED', amount: 1500, currency: 'USD' } as const

describe('the books of the gateway', () => {
  let books: ReturnType<typeof booksIn>
  beforeEach(() => (books = booksIn('deep/ledger.jsonl')))
  afterEach(() => books.remove())

  it('begin empty', () => {
    const ledger = new Ledger(books.file)
    expect([ledger.all(), ledger.find('k1')]).to.eql([[], undefined])
  })

  it('keep the last state of a charge under one id', () => {
    const ledger = new Ledger(books.file)
    const { id } = ledger.append(charge)
    ledger.append({ ...charge, key: 'k2' })
    ledger.append({ ...charge, status: 'REFUNDED' })
    expect(ledger.find('k1')).to.include({ id, status: 'REFUNDED' })
    expect(ledger.find('k2')!.id).not.to.equal(id)
    expect(ledger.all().map(({ status }) => status)).to.eql(['CAPTURED', 'CAPTURED', 'REFUNDED'])
  })

  it('are the same when they are opened again', () => {
    const before = new Ledger(books.file)
    before.append(charge)
    before.append({ ...charge, status: 'REFUNDED' })
    const after = new Ledger(books.file)
    expect(after.all()).to.eql(before.all())
    expect(after.append({ ...charge, key: 'k2' }).id).not.to.equal(after.find('k1')!.id)
  })

  it('drop a last line that was cut short, and go on after it', () => {
    new Ledger(books.file).append({ ...charge, reason: 'größer' })
    const whole = readFileSync(books.file)
    appendFileSync(books.file, whole.subarray(0, whole.indexOf('ö') + 1))
    const after = new Ledger(books.file)
    expect(readFileSync(books.file)).to.eql(whole)
    after.append({ ...charge, key: 'k2' })
    expect(new Ledger(books.file).all().map(({ key }) => key)).to.eql(['k1', 'k2'])
  })

  it('are empty when their only line was cut short', () => {
    expect(new Ledger(books.file).all()).to.eql([])
    appendFileSync(books.file, '{"key":')
    expect(new Ledger(books.file).all()).to.eql([])
    expect(readFileSync(books.file, 'utf8')).to.equal('')
  })
})
