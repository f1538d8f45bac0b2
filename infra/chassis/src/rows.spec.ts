import { expect } from 'chai'
import { table, WorkingRows, type Tables } from './rows.js'
import { WorkingSet, type FetchRows, type Looks } from './working-set.js'

interface Thing {
  id: string
  owner: string
  count: number
  version: number
}
const things = table<Thing>('things', 'id', 'thing')
const stored = { id: 'a', owner: 'o1', count: 1, version: 4 }

const stop = (): never => {
  throw new Error('no such thing')
}
const loaded = () => {
  const rows = new WorkingRows(things)
  rows.load(['a', 'b'], [stored])
  return rows
}

const fail = (error: Error): never => {
  throw new Error(`told: ${error.message}`)
}
const look = (looks: Partial<Looks>): Looks => ({ touches: {}, reads: {}, fail, ...looks })

describe('the rows of a batch', () => {
  it('show what was loaded, and that the rest does not exist', () => {
    expect([loaded().get('a'), loaded().get('b')]).to.eql([stored, undefined])
  })

  it('are hidden from a rule that did not name them', () => {
    for (const look of [
      () => loaded().get('c'),
      () => loaded().insert({ id: 'c' }),
      () => loaded().patch('c', { count: 2 }),
    ]) {
      expect(look).to.throw(/things c but its touches and reads do not name it/)
    }
  })

  it('are all known when the whole table was loaded', () => {
    const rows = new WorkingRows(things)
    rows.loadAll([stored])
    expect([rows.get('a'), rows.get('c')]).to.eql([stored, undefined])
  })

  it('are saved when they change, once, as they are in the end', () => {
    const rows = loaded()
    rows.patch('a', { count: 2 })
    rows.patch('a', { owner: 'o2' })
    expect(rows.updates()).to.eql([{ id: 'a', owner: 'o2', count: 2, version: 4 }])
    expect(rows.inserts()).to.eql([])
    expect(stored.count).to.equal(1)
  })

  it('are saved when they are made, as they are in the end, and not updated as well', () => {
    const rows = loaded()
    rows.insert({ id: 'b', owner: 'o1', count: 0 })
    rows.patch('b', { count: 9 })
    expect(rows.inserts()).to.eql([{ id: 'b', owner: 'o1', count: 9, version: 0 }])
    expect(rows.updates()).to.eql([])
  })

  it('are made once', () => {
    const rows = loaded()
    rows.insert({ id: 'b' })
    expect(() => rows.insert({ id: 'b' })).to.throw(/things b exists already/)
    expect(() => rows.insert({ id: 'a' })).to.throw(/things a exists already/)
  })

  it('are changed only when they exist', () => {
    expect(() => loaded().patch('b', { count: 1 })).to.throw(/things b does not exist/)
  })

  it('that were only looked at are not saved', () => {
    const rows = loaded()
    rows.get('a')
    expect([rows.inserts(), rows.updates()]).to.eql([[], []])
  })

  it('count the events of their aggregate from 1', () => {
    const rows = loaded()
    rows.insert({ id: 'b' })
    expect([rows.bump('a'), rows.bump('a'), rows.bump('b')]).to.eql([5, 6, 1])
    expect(rows.updates()).to.eql([{ ...stored, version: 6 }])
  })

  it('have a version only where they are an aggregate', () => {
    const rows = new WorkingRows(table<{ id: string }>('notes', 'id'))
    rows.load(['a'], [])
    rows.insert({ id: 'a' })
    expect(rows.inserts()).to.eql([{ id: 'a' }])
  })
})

describe('the working set of a batch', () => {
  const tables: Tables = { things, owners: table<{ id: string }>('owners', 'id') }

  async function fetches(inputs: (set: WorkingSet) => Looks[]) {
    const set = new WorkingSet(tables)
    const asked: unknown[] = []
    await set.load(inputs(set), async (name, ids, lock) => {
      asked.push([name, [...ids], lock])
      return name === 'things' && ids.includes('a') ? [{ ...stored }] : []
    })
    return { set, asked }
  }

  it('asks for the rows of all inputs at once, table after table in lock order', async () => {
    const { asked } = await fetches(() => [
      look({ touches: { owners: ['o1'], things: ['a', undefined] } }),
      look({ touches: { things: ['b', 'a'] } }),
    ])
    expect(asked).to.eql([
      ['things', ['a', 'b'], true],
      ['owners', ['o1'], true],
    ])
  })

  it('asks at once for all that depends on no other row', async () => {
    for (const [owners, first] of [
      [['o1'], ['things', 'owners']],
      [() => ['o1'], ['things']],
    ] as const) {
      const asked: string[] = []
      const fetch: FetchRows = async (name) => {
        asked.push(name)
        return []
      }
      const loading = new WorkingSet(tables).load([look({ touches: { things: ['a'], owners } })], fetch)
      expect(asked).to.eql(first)
      await loading
      expect(asked).to.eql(['things', 'owners'])
    }
  })

  it('does not lock what is only read, unless another input changes it', async () => {
    const { asked } = await fetches(() => [
      look({ reads: { things: ['a', 'c'] } }),
      look({ touches: { things: ['a'] } }),
    ])
    expect(asked).to.eql([
      ['things', ['a'], true],
      ['things', ['c'], false],
    ])
  })

  it('lets an input name rows by what the tables before hold', async () => {
    const { asked } = await fetches((set) => [
      look({ touches: { things: ['a'], owners: () => [(set.rows.things!.get('a') as Thing).owner] } }),
    ])
    expect(asked.at(-1)).to.eql(['owners', ['o1'], true])
  })

  it('asks for nothing when nothing is named', async () => {
    expect((await fetches(() => [look({})])).asked).to.eql([])
  })

  it('tells the input whose naming failed', async () => {
    let error: unknown
    await fetches(() => [look({ touches: { owners: stop } })]).catch((e: unknown) => (error = e))
    expect(error).to.match(/told: no such thing/)
  })

  it('knows what is to be written, table after table', async () => {
    const { set } = await fetches(() => [look({ touches: { things: ['a'], owners: ['o9'] } })])
    set.byTable.things!.patch('a', { count: 2 })
    set.rows.owners!.insert({ id: 'o9' })
    const changed = { ...stored, count: 2 }
    expect([...set.changes()]).to.eql([
      { table: 'things', inserts: [], updates: [changed], columns: ['count'] },
      { table: 'owners', inserts: [{ id: 'o9' }], updates: [], columns: [] },
    ])
    expect([set.touched('things'), set.touched('owners')]).to.eql([[changed], [{ id: 'o9' }]])
  })
})
