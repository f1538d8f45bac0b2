import { projection } from './tables.js'

const needed = ['orderId', 'items.quantity', 'payable', 'currency'] as const

/** Notes what each completed order sold. */
export const noteSale = projection(
  { OrderCompleted: needed },
  {
    touches: ({ data }) => ({ sales: [data.orderId] }),
    project({ sales }, { data: { orderId, items, payable, currency } }) {
      if (sales.get(orderId)) return
      const pieces = items.reduce((sum, { quantity }) => sum + quantity, 0)
      sales.insert({ order_id: orderId, pieces, payable, currency })
    },
  },
)
