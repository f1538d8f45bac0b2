import { topologyOf } from '@chorus/chassis'
import { expectationsOf, type Expectation } from '@chorus/tracker/flow'
import { expect } from 'chai'
import { describedServices } from '../services.js'
import type { Name, World } from './world.fixtures.js'

type Row = Record<string, unknown>
type Rows = Record<string, Row[]>
interface Line {
  productId: string
  quantity: number
}

/** The tables that have a state machine, the column that tells whose it is, and its steps. */
const MACHINES: Record<Name, { table: string; steps: Record<string, readonly string[]> }> = {
  order: {
    table: 'orders',
    steps: {
      none: ['PENDING'],
      PENDING: ['COUPON_APPLIED', 'STOCK_SECURED', 'COMPLETED', 'FAILED', 'CANCELLED'],
      COUPON_APPLIED: ['STOCK_SECURED', 'COMPLETED', 'FAILED', 'CANCELLED'],
      STOCK_SECURED: ['COMPLETED', 'FAILED', 'CANCELLED'],
    },
  },
  coupon: {
    table: 'couponUses',
    steps: { none: ['USED', 'REJECTED', 'TOMBSTONED'], USED: ['RESTORED'], TOMBSTONED: ['REJECTED'] },
  },
  product: {
    table: 'reservations',
    steps: {
      none: ['DECREMENTED', 'REJECTED', 'TOMBSTONED'],
      DECREMENTED: ['RESTORED'],
      TOMBSTONED: ['REJECTED'],
    },
  },
  payment: {
    table: 'payments',
    steps: {
      // Nothing to pay is paid at once, and given back at once.
      none: ['REQUESTED', 'COMPLETED', 'CANCELLED'],
      REQUESTED: ['UNKNOWN', 'COMPLETED', 'FAILED', 'REFUNDING'],
      UNKNOWN: ['COMPLETED', 'FAILED', 'REFUNDING', 'GIVEN_UP'],
      COMPLETED: ['REFUNDING', 'CANCELLED'],
      REFUNDING: ['REFUNDED', 'CANCELLED'],
      GIVEN_UP: ['FAILED'],
    },
  },
}

/** A payment on its way back has one way to end, and another if it was given up. */
const stateOf = ({ status, failure_reason }: Row) =>
  status === 'REFUNDING' && failure_reason === 'GATEWAY_UNCONFIRMED' ? 'GIVEN_UP' : String(status)

/** The state of each order's part in a service. */
export const statusesOf = (name: Name, rows: Rows): Map<string, string> =>
  new Map(rows[MACHINES[name].table]!.map((row) => [String(row.order_id ?? row.id), stateOf(row)]))

/** Every change of state is one of the machine's steps. */
export function checkSteps(name: Name, before: Map<string, string>, after: Map<string, string>): void {
  for (const [id, to] of after) {
    const from = before.get(id) ?? 'none'
    if (from !== to) expect(MACHINES[name].steps[from] ?? [], `${name}: after ${from}`).to.include(to)
  }
}

const totalOf = (reservations: readonly Row[], productId: unknown) =>
  reservations
    .filter(({ status }) => status === 'DECREMENTED')
    .flatMap(({ items }) => items as Line[])
    .reduce((sum, line) => (line.productId === productId ? sum + line.quantity : sum), 0)

/** What holds at every moment: no piece and no coupon is lost, made or used twice. */
export function checkAlways({ services }: World, initialStock: ReadonlyMap<string, number>): void {
  const { products, reservations } = services.product.rows() as { products: Row[]; reservations: Row[] }
  for (const { id, stock } of products) {
    expect(stock).to.be.at.least(0)
    if (initialStock.has(String(id))) {
      expect(Number(stock) + totalOf(reservations, id)).to.equal(initialStock.get(String(id)))
    }
  }
  const { userCoupons, couponUses } = services.coupon.rows() as { userCoupons: Row[]; couponUses: Row[] }
  for (const { id, uses } of userCoupons) {
    const using = couponUses.filter((use) => use.user_coupon_id === id && use.status === 'USED')
    expect(using.length).to.equal(uses).and.to.be.at.most(1)
  }
}

const topology = topologyOf(describedServices)
const ENDS = ['OrderCompleted', 'OrderFailed', 'OrderCancelled']

/** What the declarations say is missing in an order's flow, apart from its end, for which there is time. */
function missingIn(world: World, orderId: string): Expectation[] {
  const steps = Object.values(world.outbox)
    .flat()
    .filter(({ key }) => key === orderId)
    .map(({ id, type, time, data }) => ({ id, type, atMs: time.getTime(), data: { ...data } }))
  return expectationsOf(steps, topology).filter(({ owes }) => ENDS.some((type) => !owes.includes(type)))
}

/** What holds at every moment: of an open order it is known who has to act. */
export function checkWatched(world: World): void {
  for (const { id, status } of world.services.order.rows().orders!) {
    if (['COMPLETED', 'FAILED', 'CANCELLED'].includes(String(status))) continue
    expect(missingIn(world, String(id)), String(status)).to.not.eql([])
  }
}

/** What holds once all is quiet: the four services and the gateway agree on every order. */
export function checkAtRest(world: World): void {
  const [reservations, uses, payments] = (['product', 'coupon', 'payment'] as const).map((name) =>
    statusesOf(name, world.services[name].rows()),
  )
  for (const order of world.services.order.rows().orders!) {
    const id = String(order.id)
    const payment = world.services.payment.rows().payments!.find((row) => row.order_id === id)
    const captured = payment ? world.gateway.netOf(String(payment.id)) : 0
    expect(missingIn(world, id), `missing at rest: ${String(order.status)}`).to.eql([])
    const found = {
      stock: reservations!.get(id),
      coupon: uses!.get(id),
      payment: payments!.get(id),
      captured,
    }
    const what = `${String(order.status)}: ${JSON.stringify(found)}`
    expect(order.status, what).to.be.oneOf(['COMPLETED', 'FAILED', 'CANCELLED'])
    if (order.status === 'COMPLETED') {
      expect([found.stock, found.payment, captured], what).to.eql(['DECREMENTED', 'COMPLETED', order.payable])
      expect(found.coupon, what).to.equal(order.user_coupon_id === null ? undefined : 'USED')
    } else {
      expect(found.stock, what).to.not.equal('DECREMENTED')
      expect(found.coupon, what).to.not.equal('USED')
      expect(found.payment, what).to.be.oneOf([undefined, 'FAILED', 'CANCELLED', 'REFUNDED'])
      expect(captured, what).to.equal(0)
    }
  }
}
