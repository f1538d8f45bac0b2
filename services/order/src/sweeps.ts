import { deriveId, type Sweep } from '@chorus/chassis'
import { expireOrder } from './order.js'
import type { OrderRow } from './tables.js'

const ROUND = 500

/** Orders that are still open past their deadline. */
export const deadline: Sweep = {
  name: 'expire-orders',
  everyMs: 1000,
  due: async (knex) => {
    const rows = await knex<OrderRow>('orders')
      .whereRaw('open AND deadline_at <= now()')
      .orderBy('deadline_at')
      .limit(ROUND)
    return rows.map(({ id, traceparent }) => ({
      rule: expireOrder,
      id: deriveId(id, 'expire'),
      body: { id },
      traceparent,
    }))
  },
}
