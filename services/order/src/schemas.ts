import { amount, answerSchema, currency, instant, uuid } from '@chorus/chassis'

const quantity = { type: 'integer', minimum: 1, maximum: 100 }
const method = { type: 'string', enum: ['CARD'] }
const deliveryAddressId = { type: 'string', minLength: 1, maxLength: 100, examples: ['home'] }

/** The body of POST /orders. */
export const newOrder = {
  title: 'NewOrder',
  type: 'object',
  required: ['items', 'deliveryAddressId', 'payment'],
  additionalProperties: false,
  properties: {
    items: {
      type: 'array',
      minItems: 1,
      maxItems: 50,
      items: {
        type: 'object',
        required: ['productId', 'quantity'],
        additionalProperties: false,
        properties: { productId: uuid, quantity },
      },
    },
    userCouponId: { ...uuid, description: 'A coupon that the caller holds.' },
    deliveryAddressId,
    payment: {
      type: 'object',
      required: ['method'],
      additionalProperties: false,
      properties: {
        method,
        token: {
          type: 'string',
          minLength: 1,
          maxLength: 200,
          pattern: '^[A-Za-z0-9_-]+$',
          description: "The gateway's one-time reference to the card.",
        },
      },
    },
  },
}

/** An order as its owner sees it: see `OrderView`. */
export const orderSchema = answerSchema(
  'Order',
  {
    id: uuid,
    userId: { type: 'string' },
    status: {
      type: 'string',
      enum: ['PENDING', 'COUPON_APPLIED', 'STOCK_SECURED', 'COMPLETED', 'FAILED', 'CANCELLED'],
      description: 'The last three are final.',
    },
    items: {
      type: 'array',
      items: answerSchema('OrderItem', { productId: uuid, quantity, unitPrice: amount }),
    },
    subtotal: amount,
    discount: amount,
    payable: { ...amount, description: 'Subtotal less discount, minor units of the currency.' },
    currency,
    userCouponId: uuid,
    deliveryAddressId,
    payment: { type: 'object', required: ['method'], properties: { method } },
    failure: {
      type: 'object',
      required: ['step', 'reason'],
      properties: { step: { type: 'string' }, reason: { type: 'string' } },
      description: 'Of a FAILED order: the step that failed, and why.',
    },
    cancellation: {
      type: 'object',
      required: ['reason'],
      properties: { reason: { type: 'string', enum: ['USER', 'EXPIRED'] } },
      description: 'Of a CANCELLED order.',
    },
    deadlineAt: { ...instant, description: 'An order that is still open then is cancelled.' },
    createdAt: instant,
    updatedAt: instant,
  },
  ['userCouponId', 'failure', 'cancellation'],
)
