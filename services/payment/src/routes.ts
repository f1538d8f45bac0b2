import { pageSchema, paging, readPage, uuid, type Route } from '@chorus/chassis'
import { paymentSchema } from './schemas.js'
import type { PaymentRow } from './tables.js'

const view = (row: PaymentRow) => ({
  id: row.id,
  orderId: row.order_id,
  status: row.status,
  amount: row.amount,
  currency: row.currency,
  method: row.method,
  ...(row.gateway_reference !== null && { gatewayReference: row.gateway_reference }),
  ...(row.failure_reason !== null && { failureReason: row.failure_reason }),
  ...(row.paid_at !== null && { paidAt: row.paid_at.toISOString() }),
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
})

/** The REST interface of the payment service. */
export const routes: Route[] = [
  {
    method: 'get',
    path: '/payments',
    access: 'user',
    summary: 'List my payments, newest first, or the one of an order',
    answer: pageSchema(paymentSchema),
    query: {
      type: 'object',
      additionalProperties: false,
      properties: { orderId: uuid, ...paging },
    },
    async read(knex, { caller, query }) {
      const rows = knex<PaymentRow>('payments').where('user_id', caller.userId)
      if (query.orderId !== undefined) void rows.where('order_id', query.orderId as string)
      return readPage(rows, query, view)
    },
  },
]
