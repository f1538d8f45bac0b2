import { answerSchema, currency, uuid } from '@chorus/chassis'

/** Fifty lines of a hundred pieces of the dearest product stay below 2^53. */
const MOST_AMOUNT = 1_000_000_000_000
const MOST_STOCK = 1_000_000_000

const price = {
  title: 'Price',
  type: 'object',
  required: ['amount', 'currency'],
  additionalProperties: false,
  properties: {
    amount: {
      type: 'integer',
      minimum: 0,
      maximum: MOST_AMOUNT,
      description: 'Minor units of the currency.',
      examples: [1250],
    },
    currency,
  },
}
const name = { type: 'string', minLength: 1, maxLength: 200, examples: ['Blue mug'] }

export const category = { type: 'string', minLength: 1, maxLength: 60, examples: ['kitchen'] }

/** The body of POST /products. */
export const newProduct = {
  title: 'NewProduct',
  type: 'object',
  required: ['name', 'category', 'price', 'stock'],
  additionalProperties: false,
  properties: { name, category, price, stock: { type: 'integer', minimum: 0, maximum: MOST_STOCK } },
}

/** The body of PATCH /products/:id. */
export const newPrice = {
  title: 'NewPrice',
  type: 'object',
  required: ['price'],
  additionalProperties: false,
  properties: { price },
}

/** The body of POST /products/:id/stock. */
export const stockChange = {
  title: 'StockChange',
  type: 'object',
  required: ['delta'],
  additionalProperties: false,
  properties: {
    delta: {
      type: 'integer',
      minimum: -MOST_STOCK,
      maximum: MOST_STOCK,
      not: { const: 0 },
      description: 'Pieces to add, or to take away when negative.',
      examples: [10],
    },
  },
}

/** A product as callers see it: see `ProductView`. */
export const productSchema = answerSchema('Product', {
  id: uuid,
  name,
  category,
  price,
  stock: { type: 'integer', minimum: 0, description: 'Pieces available.' },
})
