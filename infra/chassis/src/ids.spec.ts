import { expect } from 'chai'
import fc from 'fast-check'
import { commandId, deriveId, newId } from './ids.js'

const uuid = (version: 7 | 8) =>
  new RegExp(`^[0-9a-f]{8}-[0-9a-f]{4}-${version}[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
const prefixOf = (id: string) => id.replaceAll('-', '').slice(0, 12)
const moment = fc.integer({ min: 0, max: 2 ** 48 - 1 })
const path = fc.array(fc.oneof(fc.string(), fc.integer()), { minLength: 1, maxLength: 4 })

describe('an id', () => {
  it('that is new is a UUID version 7 that begins with its millisecond', () =>
    fc.assert(
      fc.property(moment, (at) => {
        const id = newId(at)
        expect(id).to.match(uuid(7))
        expect(parseInt(prefixOf(id), 16)).to.equal(at)
      }),
    ))

  it('that is new is like no other of the same millisecond', () => {
    expect(new Set(Array.from({ length: 1000 }, () => newId(0)))).to.have.lengthOf(1000)
  })

  it('that is new begins with the current moment', () => {
    const before = Date.now()
    expect(parseInt(prefixOf(newId()), 16)).to.be.within(before, Date.now())
  })

  it('that is derived is a UUID version 8 with the time of its cause', () =>
    fc.assert(
      fc.property(moment, path, (at, path) => {
        const cause = newId(at)
        const id = deriveId(cause, ...path)
        expect(id).to.match(uuid(8)).and.not.equal(cause)
        expect(prefixOf(id)).to.equal(prefixOf(cause))
      }),
    ))

  it('that is derived is the same for the same cause and path, and for no other', () =>
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), path, path, (cause, other, path, another) => {
        expect(deriveId(cause, ...path)).to.equal(deriveId(cause, ...path))
        if (other !== cause) expect(deriveId(other, ...path)).not.to.equal(deriveId(cause, ...path))
        const same = JSON.stringify(path) === JSON.stringify(another)
        expect(deriveId(cause, ...path) === deriveId(cause, ...another)).to.equal(same)
      }),
    ))

  it('that is derived never changes from one release to the next', () => {
    expect(deriveId('01890000-0000-7000-8000-000000000000', 'order', 0)).to.equal(
      '01890000-0000-8912-9ad3-1fa45413196d',
    )
  })
})

describe('the id of a command', () => {
  const scope = { service: 'order', command: 'placeOrder', userId: 'u1', key: 'k1' }

  it('is the same however often it is sent', () => {
    expect(commandId(scope))
      .to.equal(commandId({ ...scope }))
      .and.to.match(uuid(8))
  })

  for (const field of ['service', 'command', 'userId', 'key'] as const) {
    it(`is another for another ${field}`, () => {
      expect(commandId({ ...scope, [field]: 'other' })).not.to.equal(commandId(scope))
    })
  }

  it('does not mix up its parts', () => {
    expect(commandId({ ...scope, userId: 'u1k', key: '1' })).not.to.equal(commandId(scope))
  })

  it('keeps the time of a key that is a UUID version 7, in capitals too', () => {
    const key = newId()
    expect(prefixOf(commandId({ ...scope, key }))).to.equal(prefixOf(key))
    expect(prefixOf(commandId({ ...scope, key: key.toUpperCase() }))).to.equal(prefixOf(key))
  })

  it('is a UUID for any key', () =>
    fc.assert(
      fc.property(fc.string(), (key) => expect(commandId({ ...scope, key })).to.match(uuid(8)) && true),
    ))
})
