import { expect } from 'chai'
import type { Outcome } from './outcome.js'
import { distributionOf, median, quantilesOf, SHARES } from './quantiles.js'
import { isReached, ratiosOf } from './ratios.js'
import { reportHtml } from './report-html.js'
import { reportOf, reportText } from './report-text.js'
import { ordersOf } from './workload.js'

const outcome = (perSecond: number, p50 = 10): Outcome => ({
  accepted: 100,
  refused: {},
  ended: { COMPLETED: 100 },
  perSecond,
  answered: { p50, p95: p50, p99: p50, max: p50 },
  completed: { p50, p95: p50, p99: p50, max: p50 },
  latency: SHARES.map(() => p50),
  throughput: [perSecond],
  cpuMsPerOrder: 1,
  cpuMicrosByPart: { order: 1000 },
  backlog: [1],
  flat: true,
  drainMs: 1,
})

describe('the figures of a bench', () => {
  it('take quantiles from the sample itself', () => {
    const values = Array.from({ length: 100 }, (_, i) => 100 - i)
    expect(quantilesOf(values)).to.eql({ p50: 50, p95: 95, p99: 99, max: 100 })
    expect(distributionOf(values).at(-1)).to.equal(100)
    expect(median([3, 1, 2])).to.equal(2)
  })

  it('divide the windows of two loads round by round, and show the spread', () => {
    const loads = {
      top: [outcome(100), outcome(200), outcome(300)],
      'one by one': [outcome(50), outcome(40), outcome(30)],
    }
    const ratio = ratiosOf({ loads, broken: {} }).find(({ what }) => what === 'batched : one by one')
    expect(ratio).to.deep.include({ value: 5, spread: [2, 10], goal: 4 })
    expect(isReached(ratio!)).to.equal(true)
  })

  it('say nothing of what was not measured', () => {
    expect(ratiosOf({ loads: {}, broken: {} })).to.eql([])
  })

  it('count against a goal that is not to be passed', () => {
    const cpu = ratiosOf({ loads: { top: [{ ...outcome(1), cpuMsPerOrder: 2 }] }, broken: {} })
    expect(cpu.map(isReached)).to.eql([false])
  })

  it('are reported as text and as a page that needs nothing else and holds no foreign markup', () => {
    const report = reportOf({
      loads: { '</script><b>': [outcome(123)] },
      broken: { usual: ['stock: 1 (p1)'] },
    })
    expect(reportText(report)).to.match(/123 .*\n[^]*audit of stack usual: BROKEN/)
    const page = reportHtml(report)
    expect(page).to.not.include('</script><b>')
    expect(page).to.not.match(/(src|href)="http/)
  })
})

const shelf = { ids: Array.from({ length: 1000 }, (_, i) => `p${i}`), soldOut: 'none' }
type Body = { items: { productId: string }[]; userCouponId?: string; payment: { token?: string } }
const many = (workload: Parameters<typeof ordersOf>[0]) => {
  const order = ordersOf(workload, shelf)
  return Array.from({ length: 20_000 }, (_, i) => order(i) as Body)
}
const first = (products: 'uniform' | 'zipf' | 'hot') =>
  many({ products, failures: 0 }).filter(({ items }) => items[0]!.productId === 'p0').length / 20_000

describe('the orders of a bench', () => {
  it('are spread evenly, or by rank, or on one product', () => {
    expect(first('hot')).to.equal(1)
    expect(first('zipf')).to.be.closeTo(0.133, 0.02)
    expect(first('uniform')).to.be.closeTo(0.001, 0.002)
  })

  it('fail as often as is asked, a third each at coupon, stock and payment', () => {
    const orders = many({ products: 'uniform', failures: 0.3 })
    const share = (is: (body: Body) => boolean) => orders.filter(is).length / orders.length
    expect(share(({ userCouponId }) => userCouponId !== undefined)).to.be.closeTo(0.1, 0.02)
    expect(share(({ items }) => items[0]!.productId === 'none')).to.be.closeTo(0.1, 0.02)
    expect(share(({ payment }) => payment.token === 'tok_decline')).to.be.closeTo(0.1, 0.02)
  })
})
