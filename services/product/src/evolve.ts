import type { WriteSet } from '@chorus/chassis'
import { evolution, type Line, type tables } from './tables.js'

type Rows = WriteSet<typeof tables>

const EPOCH = new Date(0)

/**
 * Counts pieces in or out. Many orders share a product, and their events have other keys than the product's own,
 * so stock changes by deltas, and a product whose ProductCreated is still to come stands as a blank.
 */
function addStock({ products }: Rows, id: string, delta: number): void {
  const product = products.get(id)
  if (product) return products.patch(id, { stock: product.stock + delta })
  products.insert({
    id,
    name: '',
    category: '',
    price_amount: 0,
    currency: '',
    price_version: 0,
    stock: delta,
    created_at: EPOCH,
  })
}

const addLines = (rows: Rows, items: readonly Line[], sign: 1 | -1) => {
  for (const { productId, quantity } of items) addStock(rows, productId, sign * quantity)
}

/** How the product service's own events change its rows. */
export const evolve = evolution({
  ProductCreated(rows, { data, time }) {
    addStock(rows, data.productId, data.stock)
    rows.products.patch(data.productId, {
      name: data.name,
      category: data.category,
      price_amount: data.price.amount,
      currency: data.price.currency,
      price_version: data.priceVersion,
      created_at: time,
    })
  },
  ProductPriceChanged({ products }, { data }) {
    products.patch(data.productId, {
      price_amount: data.price.amount,
      currency: data.price.currency,
      price_version: data.priceVersion,
    })
  },
  StockAdjusted: (rows, { data }) => addStock(rows, data.productId, data.delta),
  StockDecremented(rows, { data, time }) {
    addLines(rows, data.items, -1)
    rows.reservations.insert({
      order_id: data.orderId,
      status: 'DECREMENTED',
      items: data.items,
      updated_at: time,
    })
  },
  StockUnavailable({ reservations }, { data: { orderId }, time }) {
    if (reservations.get(orderId)) reservations.patch(orderId, { status: 'REJECTED', updated_at: time })
    else reservations.insert({ order_id: orderId, status: 'REJECTED', items: [], updated_at: time })
  },
  StockRestored(rows, { data, time }) {
    addLines(rows, data.items, 1)
    rows.reservations.patch(data.orderId, { status: 'RESTORED', updated_at: time })
  },
  StockReservationTombstoned: ({ reservations }, { data: { orderId }, time }) =>
    reservations.insert({ order_id: orderId, status: 'TOMBSTONED', items: [], updated_at: time }),
})
