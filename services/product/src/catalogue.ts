import { deriveId, event, refuse, type ReadSet } from '@chorus/chassis'
import { command, type ProductRow, type tables } from './tables.js'

export interface Price {
  /** Minor units. */
  amount: number
  currency: string
}

export interface NewProduct {
  name: string
  category: string
  price: Price
  stock: number
}

/** A product as callers see it. */
export interface ProductView {
  id: string
  name: string
  category: string
  price: Price
  /** Pieces available. */
  stock: number
}

export const viewOf = (row: ProductRow): ProductView => ({
  id: row.id,
  name: row.name,
  category: row.category,
  price: { amount: row.price_amount, currency: row.currency },
  stock: row.stock,
})

const unknown = (id: string) => refuse('NOT_FOUND', `There is no product ${id}.`)
const answer = (id: string, { products }: ReadSet<typeof tables>) => viewOf(products.get(id)!)

/** A product's id follows from the command, so a repeated request names the same product. */
const idOfNew = (commandId: string) => deriveId(commandId, 'product')

export const createProduct = command<NewProduct, ProductView>('createProduct', {
  touches: ({ id }) => ({ products: [idOfNew(id)] }),
  decide: ({ id, body }) => [event('ProductCreated', { productId: idOfNew(id), ...body, priceVersion: 1 })],
  answer: ({ id }, rows) => answer(idOfNew(id), rows),
})

export const changePrice = command<{ id: string; price: Price }, ProductView>('changePrice', {
  touches: ({ body }) => ({ products: [body.id] }),
  decide({ body: { id, price } }, { products }) {
    const product = products.get(id)
    if (!product) return unknown(id)
    return [event('ProductPriceChanged', { productId: id, price, priceVersion: product.price_version + 1 })]
  },
  answer: ({ body }, rows) => answer(body.id, rows),
})

/** Pieces of one product, at most: what an integer column holds. */
const MOST = 2_147_483_647

export const adjustStock = command<{ id: string; delta: number }, ProductView>('adjustStock', {
  touches: ({ body }) => ({ products: [body.id] }),
  decide({ body: { id, delta } }, { products }) {
    const product = products.get(id)
    if (!product) return unknown(id)
    if (product.stock + delta < 0) return refuse('STOCK_SHORT', `Only ${product.stock} pieces are available.`)
    if (product.stock + delta > MOST) return refuse('BODY_INVALID', `The stock would be above ${MOST}.`)
    return [event('StockAdjusted', { productId: id, delta })]
  },
  answer: ({ body }, rows) => answer(body.id, rows),
})
