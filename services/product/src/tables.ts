import { rulesOver, table } from '@chorus/chassis'

/** A product as it is sold. */
export interface ProductRow {
  id: string
  name: string
  category: string
  /** Minor units of `currency`. */
  price_amount: number
  currency: string
  price_version: number
  /** Pieces available; never negative. */
  stock: number
  version: number
  created_at: Date
}

export type ReservationStatus = 'DECREMENTED' | 'REJECTED' | 'RESTORED' | 'TOMBSTONED'

export interface Line {
  productId: string
  quantity: number
}

/** What an order has of the stock: one row an order, for ever, so that a repeated event is known. */
export interface ReservationRow {
  order_id: string
  status: ReservationStatus
  items: Line[]
  version: number
  updated_at: Date
}

export const tables = {
  reservations: table<ReservationRow>('reservations', 'order_id', 'reservation'),
  products: table<ProductRow>('products', 'id', 'product'),
}

export const { reaction, command, evolution } = rulesOver(tables)
