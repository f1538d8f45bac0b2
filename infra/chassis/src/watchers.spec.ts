import { expect } from 'chai'
import { table } from './rows.js'
import { Watchers } from './watchers.js'

const tables = {
  orders: table<{ id: string }>('orders', 'id'),
  prices: table<{ id: string }>('prices', 'id'),
}

const changed = (name: string) => (name === 'orders' ? [{ id: 'a' }, { id: 'c' }] : [{ id: 'b' }])
const asked = () => {
  throw new Error('asked')
}

describe('watchers of rows', () => {
  it('are told of changes of their own row, until they leave', () => {
    const watchers = new Watchers(tables)
    const told: string[] = []
    const stop = watchers.watch('orders', 'a', () => told.push('a'))
    watchers.watch('orders', 'b', () => told.push('b'))
    watchers.committed(changed)
    stop()
    watchers.committed(changed)
    expect(told).to.eql(['a'])
  })

  it('cost nothing while there are none: nobody even asks what changed', () => {
    const watchers = new Watchers(tables)
    watchers.committed(asked)
    const stop = watchers.watch('orders', 'a', () => {})
    expect(() => watchers.committed(asked)).to.throw('asked')
    stop()
    watchers.committed(asked)
  })
})
