import { expect } from 'chai'
import fc from 'fast-check'
import { pageOf, placeOf } from './paging.js'
import { newId } from './ids.js'

const row = (seconds: number) => ({ id: newId(), created_at: new Date(seconds * 1000) })
const idOf = ({ id }: { id: string }) => id
const encode = (text: string) => Buffer.from(text).toString('base64url')

describe('a page', () => {
  it('of all there is has no next one', () => {
    const rows = [row(2), row(1)]
    expect(pageOf(rows, 2, idOf)).to.eql({ items: rows.map(idOf) })
    expect(pageOf([], 2, idOf)).to.eql({ items: [] })
  })

  it('leads to the row after its last one', () => {
    const rows = [row(3), row(2), row(1)]
    const { items, nextCursor } = pageOf(rows, 2, idOf)
    expect(items).to.eql([rows[0]!.id, rows[1]!.id])
    expect(placeOf(nextCursor)).to.eql({ at: '1970-01-01T00:00:02.000Z', id: rows[1]!.id })
  })

  it('begins at the start when the cursor is not ours', () => {
    for (const cursor of [
      undefined,
      7,
      ['a'],
      '',
      'nonsense',
      encode('1970-01-01T00:00:02.000Z'),
      encode(`yesterday ${newId()}`),
      encode('1970-01-01T00:00:02.000Z x'),
      encode(`1 ${newId()}`),
      encode(`0000-01-01T00:00:00.000Z ${newId()}`),
      encode(`1970-02-31T25:00:00.000Z ${newId()}`),
      encode(`1970-01-01T00:00:02.000Z ${'-'.repeat(36)}`),
    ]) {
      expect(placeOf(cursor), String(cursor)).to.equal(undefined)
    }
  })

  it('never breaks on a cursor', () =>
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String()), (cursor) => placeOf(cursor) === undefined),
    ))

  it('after page shows each row once, in order', () =>
    fc.assert(
      fc.property(fc.nat(12), fc.integer({ min: 1, max: 5 }), (count, limit) => {
        const rows = Array.from({ length: count }, (_, i) => row(count - i))
        const seen: string[] = []
        let cursor: string | undefined
        do {
          const place = placeOf(cursor)
          const rest = rows.filter(({ created_at: at }) => !place || at.toISOString() < place.at)
          const page = pageOf(rest.slice(0, limit + 1), limit, idOf)
          seen.push(...page.items)
          cursor = page.nextCursor
        } while (cursor)
        expect(seen).to.eql(rows.map(idOf))
      }),
    ))
})
