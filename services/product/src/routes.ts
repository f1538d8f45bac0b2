import { pageOf, paging, placeOf, type Route } from '@chorus/chassis'
import { adjustStock, changePrice, createProduct, viewOf } from './catalogue.js'
import type { ProductRow } from './tables.js'

/** Fifty lines of a hundred pieces of the dearest product stay below 2^53. */
const MOST_AMOUNT = 1_000_000_000_000
const MOST_STOCK = 1_000_000_000

const price = {
  type: 'object',
  required: ['amount', 'currency'],
  additionalProperties: false,
  properties: {
    amount: {
      type: 'integer',
      minimum: 0,
      maximum: MOST_AMOUNT,
      description: 'Minor units of the currency.',
    },
    currency: { type: 'string', pattern: '^[A-Z]{3}$', description: 'ISO 4217.' },
  },
}
const category = { type: 'string', minLength: 1, maxLength: 60 }

/** The REST interface of the catalogue. Reading is public, changing is for admins. */
export const routes: Route[] = [
  {
    method: 'post',
    path: '/products',
    access: 'admin',
    summary: 'Put a product into the catalogue',
    rule: createProduct,
    body: {
      type: 'object',
      required: ['name', 'category', 'price', 'stock'],
      additionalProperties: false,
      properties: {
        name: { type: 'string', minLength: 1, maxLength: 200 },
        category,
        price,
        stock: { type: 'integer', minimum: 0, maximum: MOST_STOCK },
      },
    },
    idempotencyKey: 'optional',
    status: 201,
    location: ({ id }) => `/products/${id}`,
  },
  {
    method: 'patch',
    path: '/products/:id',
    access: 'admin',
    summary: 'Change the price of a product',
    rule: changePrice,
    body: { type: 'object', required: ['price'], additionalProperties: false, properties: { price } },
    idempotencyKey: 'optional',
    status: 200,
  },
  {
    method: 'post',
    path: '/products/:id/stock',
    access: 'admin',
    summary: 'Add pieces to the stock or take some away',
    rule: adjustStock,
    body: {
      type: 'object',
      required: ['delta'],
      additionalProperties: false,
      properties: {
        delta: { type: 'integer', minimum: -MOST_STOCK, maximum: MOST_STOCK, not: { const: 0 } },
      },
    },
    idempotencyKey: 'optional',
    status: 200,
  },
  {
    method: 'get',
    path: '/products/:id',
    access: 'public',
    summary: 'Read a product',
    async read(knex, { params }) {
      const row = await knex<ProductRow>('products')
        .where('id', params.id!)
        .where('price_version', '>', 0)
        .first()
      return row && viewOf(row)
    },
  },
  {
    method: 'get',
    path: '/products',
    access: 'public',
    summary: 'List products, newest first',
    query: { type: 'object', additionalProperties: false, properties: { category, ...paging } },
    async read(knex, { query }) {
      const limit = query.limit as number
      const rows = knex<ProductRow>('products').where('price_version', '>', 0)
      const place = placeOf(query.cursor)
      if (query.category !== undefined) void rows.where('category', query.category as string)
      if (place) void rows.whereRaw('(created_at, id) < (?, ?)', [place.at, place.id])
      return pageOf(await rows.orderByRaw('created_at DESC, id DESC').limit(limit + 1), limit, viewOf)
    },
  },
]
