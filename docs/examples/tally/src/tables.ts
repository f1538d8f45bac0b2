import { rulesOver, table } from '@chorus/chassis'

/** What one completed order sold. One row an order, so an event that comes again changes nothing. */
export interface SaleRow {
  order_id: string
  pieces: number
  /** Minor units of `currency`. */
  payable: number
  currency: string
}

export const tables = { sales: table<SaleRow>('sales', 'order_id') }

export const { projection } = rulesOver(tables)
