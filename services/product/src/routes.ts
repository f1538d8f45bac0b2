import { pageSchema, paging, readPage, type Route } from '@chorus/chassis'
import { adjustStock, changePrice, createProduct, viewOf } from './catalogue.js'
import { category, newPrice, newProduct, productSchema, stockChange } from './schemas.js'
import type { ProductRow } from './tables.js'

/** The REST interface of the catalogue. Reading is public, changing is for admins. */
export const routes: Route[] = [
  {
    method: 'post',
    path: '/products',
    access: 'admin',
    summary: 'Put a product into the catalogue',
    rule: createProduct,
    body: newProduct,
    answer: productSchema,
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
    refusals: ['NOT_FOUND'],
    body: newPrice,
    answer: productSchema,
    idempotencyKey: 'optional',
    status: 200,
  },
  {
    method: 'post',
    path: '/products/:id/stock',
    access: 'admin',
    summary: 'Add pieces to the stock or take some away',
    rule: adjustStock,
    refusals: ['NOT_FOUND', 'STOCK_SHORT', 'BODY_INVALID'],
    body: stockChange,
    answer: productSchema,
    idempotencyKey: 'optional',
    status: 200,
  },
  {
    method: 'get',
    path: '/products/:id',
    access: 'public',
    summary: 'Read a product',
    answer: productSchema,
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
    answer: pageSchema(productSchema),
    query: { type: 'object', additionalProperties: false, properties: { category, ...paging } },
    async read(knex, { query }) {
      const rows = knex<ProductRow>('products').where('price_version', '>', 0)
      if (query.category !== undefined) void rows.where('category', query.category as string)
      return readPage(rows, query, viewOf)
    },
  },
]
