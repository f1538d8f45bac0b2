import { service } from '@chorus/chassis'
import { flow } from './duties.js'
import { evolve } from './evolve.js'
import { completeOrder, failOrder, followOrder, replicatePrice } from './flow.js'
import { migrations } from './migrations.js'
import { cancelOrder, expireOrder, placeOrder } from './order.js'
import { routes } from './routes.js'
import { deadline } from './sweeps.js'
import { tables } from './tables.js'

/**
 * Orders, from their placing to their end.
 * @param deadlineSeconds after which an order that is still open is cancelled
 */
export const order = ({ deadlineSeconds }: { deadlineSeconds: number }) => {
  const place = placeOrder(deadlineSeconds)
  return service({
    name: 'order',
    tables,
    reactions: [failOrder, completeOrder],
    projections: [followOrder, replicatePrice],
    commands: [place, cancelOrder, expireOrder],
    evolve,
    sweeps: [deadline],
    flow,
    routes: routes(place),
    migrations,
  })
}
