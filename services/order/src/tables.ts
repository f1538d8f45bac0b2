import { rulesOver, table } from '@chorus/chassis'

export type OrderStatus =
  'PENDING' | 'COUPON_APPLIED' | 'STOCK_SECURED' | 'COMPLETED' | 'FAILED' | 'CANCELLED'

export interface PricedItem {
  productId: string
  quantity: number
  /** Minor units, as it was when the order was placed. */
  unitPrice: number
}

export interface OrderRow {
  id: string
  user_id: string
  status: OrderStatus
  items: PricedItem[]
  /** Minor units of `currency`, like `discount` and `payable`. */
  subtotal: number
  discount: number
  payable: number
  currency: string
  user_coupon_id: string | null
  delivery_address_id: string
  payment_method: 'CARD'
  failure_step: string | null
  failure_reason: string | null
  cancel_reason: string | null
  deadline_at: Date
  /** Of the event that made it: its end by the deadline goes on with that trace. */
  traceparent: string
  version: number
  created_at: Date
  updated_at: Date
}

/** What Order knows of the product service's prices. */
export interface PriceRow {
  product_id: string
  amount: number
  currency: string
  price_version: number
}

export const tables = {
  orders: table<OrderRow>('orders', 'id', 'order'),
  prices: table<PriceRow>('prices', 'product_id'),
}

export const { reaction, projection, command, evolution } = rulesOver(tables)

/** States from which an order can still go anywhere. */
export const isOpen = ({ status }: Pick<OrderRow, 'status'>) =>
  status === 'PENDING' || status === 'COUPON_APPLIED' || status === 'STOCK_SECURED'
