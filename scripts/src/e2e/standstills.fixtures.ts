import { spawn } from 'node:child_process'
import { moveGroup } from '@chorus/chassis/operate'
import { addressesOf } from '@chorus/stack'
import { adminOf, nothing, stopConnector, type Failure, type Scene } from './inflict.fixtures.js'
import { someUser, until } from './system.js'
import { untilEmpty } from './topics.js'

/** A program that takes a port as soon as it is free, and answers that it is a teapot. */
const TAKE = `const take = () => require('http').createServer((_, answer) => answer.writeHead(418).end())
  .on('error', () => setTimeout(take, 2)).listen(+process.argv[1], '127.0.0.1')
take()`
const TEAPOT = 418

async function takePort({ system }: Scene): Promise<void> {
  const address = addressesOf(system.run).tally!
  const { port } = new URL(address)
  spawn(process.execPath, ['-e', TAKE, port], { stdio: 'ignore', detached: true }).unref()
  await until('the port of tally to be taken', async () => {
    const status = await fetch(`${address}/readyz`).then(
      (answer) => answer.status,
      () => undefined,
    )
    // Whoever is quicker has it: Tally is killed until it is not.
    if (status !== undefined && status !== TEAPOT) system.signal('tally', 'SIGKILL')
    return status === TEAPOT
  })
}

const offsetsOfCoupon = (scene: Scene) =>
  adminOf(scene, (admin) => admin.fetchOffsets({ groupId: 'coupon', topics: ['order.events'] }))

const consumptionOfCoupon = ({ system }: Scene, what: 'pause' | 'resume') =>
  system.ask('coupon', `/admin/consumption/${what}`, { user: 'spec', admin: true, body: {} })

async function moveCoupon(scene: Scene, offset: string): Promise<void> {
  await moveGroup(scene.system.kafka, 'coupon', [
    { topic: 'order.events', partition: 0, was: undefined, offset },
  ])
}

let couponWas = '0'

async function loseOffsets(scene: Scene): Promise<void> {
  await consumptionOfCoupon(scene, 'pause')
  await untilEmpty(scene.system, ['coupon'])
  const [topic] = await offsetsOfCoupon(scene)
  const { offset } = topic!.partitions.find(({ partition }) => partition === 0)!
  // Kafka's -1: nothing was committed there yet.
  couponWas = offset === '-1' ? '0' : offset
  await moveCoupon(scene, '999999')
}

async function hang(scene: Scene): Promise<void> {
  const { system, shop } = scene
  const productId = await shop.product()
  system.signal('payment', 'SIGSTOP')
  await shop.place({ user: someUser(), items: [{ productId, quantity: 1 }] })
  await until('the stock to be taken', async () => (await shop.stockOf(productId)) === 99)
}

async function forgetOrder({ system }: Scene): Promise<void> {
  // Else it would end the order at once.
  system.signal('order', 'SIGSTOP')
  await system.sql(
    'order',
    `UPDATE orders SET deadline_at = now() - interval '1 h' WHERE status NOT IN ('COMPLETED', 'FAILED', 'CANCELLED')`,
  )
}

/** What stands still. */
export const standstills: Failure[] = [
  {
    name: 'a connector that is stopped',
    part: 'tally',
    inflict: stopConnector,
    says: /^its connector is STOPPED/,
  },
  {
    name: 'a slot that nobody reads',
    part: 'tally',
    inflict: nothing,
    says: /^nobody reads its replication slot, which keeps \d+ MB of the log/,
    mend: nothing,
  },
  {
    name: 'a connector that delivers nothing',
    part: 'tally',
    inflict: nothing,
    says: /^its connector has sent no heartbeat for 6 s/,
    mend: nothing,
  },
  {
    name: 'an offset outside of its topic',
    part: 'coupon',
    inflict: loseOffsets,
    says: /^its offset 999999 in order.events\/0 is outside of \d+ to \d+/,
    async mend(scene) {
      await moveCoupon(scene, couponWas)
      await consumptionOfCoupon(scene, 'resume')
    },
  },
  {
    name: 'a consumer that is stuck',
    part: 'payment',
    inflict: hang,
    says: /^it has consumed nothing for 2 s/,
    mend: ({ system }) => Promise.resolve(system.signal('payment', 'SIGCONT')),
  },
  {
    name: 'a process that hangs',
    part: 'order',
    inflict: forgetOrder,
    says: /^does not answer within 2 s/,
    mend: ({ system }) => Promise.resolve(system.signal('order', 'SIGCONT')),
  },
  {
    name: 'an order that nobody ends',
    part: 'order',
    inflict: nothing,
    says: /^\d+ orders are open 30 s after their deadline/,
    mend: nothing,
  },
  {
    name: 'a port that somebody else has',
    part: 'tally',
    inflict: takePort,
    says: /^its port \d+ is taken by process/,
  },
]
