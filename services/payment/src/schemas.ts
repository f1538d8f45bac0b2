import { amount, answerSchema, currency, instant, uuid } from '@chorus/chassis'

/** A payment as its payer sees it. */
export const paymentSchema = answerSchema(
  'Payment',
  {
    id: uuid,
    orderId: uuid,
    status: {
      type: 'string',
      enum: ['REQUESTED', 'UNKNOWN', 'COMPLETED', 'FAILED', 'REFUNDING', 'REFUNDED', 'CANCELLED'],
      description: 'UNKNOWN: the gateway gave no clear answer yet; it is asked again.',
    },
    amount,
    currency,
    method: { type: 'string', enum: ['CARD'] },
    gatewayReference: { type: 'string', description: "The gateway's id of the charge." },
    failureReason: { type: 'string' },
    paidAt: instant,
    createdAt: instant,
    updatedAt: instant,
  },
  ['gatewayReference', 'failureReason', 'paidAt'],
)
