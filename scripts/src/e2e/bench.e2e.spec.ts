import { expect } from 'chai'
import type { LoneOrders } from '../bench-commands/lone-orders.js'
import type { Outcome } from '../bench-commands/outcome.js'
import { sharedShop } from './shared.js'
import { chorus, type System } from './system.js'

describe('the bench', function () {
  this.timeout(120_000)
  let system: System
  before(async function () {
    this.timeout(240_000)
    ;({ system } = await sharedShop())
  })

  const bench = (...args: string[]) => chorus(['bench', ...args, '--home', system.home])

  it('counts in the database what an open load came to, and what it cost', async () => {
    const { code, output } = await bench(
      'load',
      '--rate',
      '30',
      '--warm-up',
      '1',
      '--seconds',
      '3',
      '--failures',
      '30',
      '--json',
    )
    expect(code, output).to.equal(0)
    const outcome = JSON.parse(output) as Outcome
    const rows = await system.sql<{ n: number }>(
      'order',
      `SELECT count(*)::int AS n FROM orders WHERE user_id LIKE 'bench-%' AND NOT open`,
    )
    expect(outcome.refused).to.eql({})
    expect(outcome.accepted).to.be.within(50, 130).and.at.most(rows[0]!.n)
    expect(outcome.ended.COMPLETED).to.be.within(25, 120)
    expect(outcome.ended.FAILED).to.be.greaterThan(3)
    expect(outcome.completed.p50).to.be.greaterThan(outcome.answered.p50)
    expect(outcome.cpuMicrosByPart.order).to.be.greaterThan(0)
  })

  it('keeps so many orders under way in a closed load', async () => {
    const { code, output } = await bench(
      'load',
      '--in-flight',
      '8',
      '--warm-up',
      '1',
      '--seconds',
      '2',
      '--json',
    )
    expect(code, output).to.equal(0)
    const { backlog, ended } = JSON.parse(output) as Outcome
    expect(Math.max(...backlog)).to.be.within(4, 24)
    expect(Object.keys(ended)).to.eql(['COMPLETED'])
  })

  it('times lone orders, with the options of its own', async () => {
    const { code, output } = await bench('lone', '--orders', '3', '--warm-up', '2', '--json')
    expect(code, output).to.equal(0)
    const { orders, completed } = JSON.parse(output) as LoneOrders
    expect([orders, completed.p50 > 0]).to.eql([3, true])
  })

  it('refuses a wrong flag with what would be right', async () => {
    const { code, output } = await bench('load', '--products', 'cold')
    expect(code).to.equal(1)
    expect(output).to.include('uniform, zipf or hot')
  })
})
