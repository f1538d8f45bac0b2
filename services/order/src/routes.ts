import { pageSchema, paging, readPage, type CommandRule, type Route } from '@chorus/chassis'
import { cancelOrder, type NewOrder } from './order.js'
import { newOrder, orderSchema } from './schemas.js'
import { isOpen, type OrderRow, type tables } from './tables.js'
import { orderView, type OrderView } from './view.js'

const reads: Route[] = [
  {
    method: 'get',
    path: '/orders/:id',
    access: 'user',
    summary: 'Read one of my orders',
    answer: orderSchema,
    async read(knex, { caller, params }) {
      const row = await knex<OrderRow>('orders').where({ id: params.id!, user_id: caller.userId }).first()
      return row && orderView(row)
    },
  },
  {
    method: 'get',
    path: '/orders/:id/events',
    access: 'user',
    summary: 'Follow one of my orders: server-sent events, each the whole order, until its end',
    answer: orderSchema,
    follows: 'orders',
    async look(knex, { caller, params }) {
      const row = await knex<OrderRow>('orders').where({ id: params.id!, user_id: caller.userId }).first()
      return row && { id: row.status, view: orderView(row), last: !isOpen(row) }
    },
  },
  {
    method: 'get',
    path: '/orders',
    access: 'user',
    summary: 'List my orders, newest first',
    answer: pageSchema(orderSchema),
    query: { type: 'object', additionalProperties: false, properties: { ...paging } },
    async read(knex, { caller, query }) {
      const rows = knex<OrderRow>('orders').where('user_id', caller.userId)
      return readPage(rows, query, orderView)
    },
  },
]

/** The REST interface of the order service. */
export const routes = (placeOrder: CommandRule<typeof tables, NewOrder, OrderView>): Route[] => [
  {
    method: 'post',
    path: '/orders',
    access: 'user',
    summary: 'Place an order; it is worked on once this is answered',
    rule: placeOrder,
    refusals: ['PRODUCT_UNKNOWN', 'CURRENCIES_MIXED'],
    answer: orderSchema,
    body: newOrder,
    idempotencyKey: 'required',
    status: 202,
    location: ({ id }) => `/orders/${id}`,
  },
  {
    method: 'post',
    path: '/orders/:id/cancel',
    access: 'user',
    summary: 'Cancel an open order',
    rule: cancelOrder,
    refusals: ['NOT_FOUND', 'ORDER_NOT_OPEN'],
    answer: orderSchema,
    idempotencyKey: 'optional',
    status: 200,
  },
  ...reads,
]
