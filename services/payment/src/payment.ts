import { deriveId, event, type Call, type NewEvent } from '@chorus/chassis'
import type { ChargeAnswer } from './gateway.js'
import { command, reaction, type PaymentRow } from './tables.js'

/** One payment an order: its id follows from the order's. */
const paymentIdOf = (orderId: string) => deriveId(orderId, 'payment')

const demanded = [
  'orderId',
  'userId',
  'userCouponId',
  'payable',
  'currency',
  'payment.method',
  'payment.token',
] as const

/** Stock is secured: the money is to be collected. The intent is committed before the gateway is called. */
export const requestPayment = reaction(
  { StockDecremented: demanded },
  {
    touches: ({ data }) => ({ payments: [data.orderId] }),
    decide({ data }, { payments }, at) {
      const { orderId, userId, payable: amount, currency, payment, userCouponId } = data
      if (payments.get(orderId)) return []
      const paymentId = paymentIdOf(orderId)
      const requested = event('PaymentRequested', {
        paymentId,
        orderId,
        userId,
        amount,
        currency,
        payment,
        ...(userCouponId !== undefined && { userCouponId }),
      })
      if (amount > 0) return [requested]
      return [
        requested,
        event('PaymentCompleted', { paymentId, orderId, amount, currency, paidAt: at.toISOString() }),
      ]
    },
  },
)

/** The order ended: what was collected, or may yet be, goes back. */
export const endPayment = reaction(
  { OrderCancelled: ['orderId'], OrderFailed: ['orderId'] },
  {
    touches: ({ data }) => ({ payments: [data.orderId] }),
    decide({ type, data: { orderId } }, { payments }) {
      const payment = payments.get(orderId)
      const paymentId = paymentIdOf(orderId)
      if (!payment)
        return type === 'OrderCancelled' ? [event('PaymentTombstoned', { paymentId, orderId })] : []
      const { status, amount, currency } = payment
      if (status !== 'REQUESTED' && status !== 'UNKNOWN' && status !== 'COMPLETED') return []
      if (amount === 0) return [event('PaymentCancelled', { paymentId, orderId })]
      return [event('PaymentRefundRequested', { paymentId, orderId, amount, currency })]
    },
  },
)

interface Result<Answer> {
  orderId: string
  answer: Answer
}

const isPending = ({ status }: PaymentRow) => status === 'REQUESTED' || status === 'UNKNOWN'

function failed(row: PaymentRow, reason: string): NewEvent {
  const { id: paymentId, order_id: orderId, user_id: userId, user_coupon_id } = row
  return event('PaymentFailed', {
    paymentId,
    orderId,
    userId,
    reason,
    ...(user_coupon_id !== null && { userCouponId: user_coupon_id }),
  })
}

function eventsOf(row: PaymentRow, answer: ChargeAnswer, at: Date): NewEvent[] {
  const { id: paymentId, order_id: orderId, amount, currency } = row
  switch (answer.kind) {
    case 'captured': {
      const { reference: gatewayReference } = answer
      const paidAt = at.toISOString()
      return [event('PaymentCompleted', { paymentId, orderId, amount, currency, paidAt, gatewayReference })]
    }
    case 'declined':
      return [failed(row, answer.reason)]
    case 'unclear':
      return row.status === 'UNKNOWN'
        ? []
        : [event('PaymentUnconfirmed', { paymentId, orderId, reason: answer.reason })]
  }
}

/** What the gateway said of a charge. Once the order has ended it is the refund that counts. */
export const recordCharge = command<Result<ChargeAnswer>, void>('recordCharge', {
  touches: ({ body }) => ({ payments: [body.orderId] }),
  decide({ body: { orderId, answer } }, { payments }, at) {
    const row = payments.get(orderId)
    return row && isPending(row) ? eventsOf(row, answer, at) : []
  },
  answer: () => undefined,
})

const GIVEN_UP = 'GATEWAY_UNCONFIRMED'

/** The gateway does not know the charge: it is given up for good before it is cancelled there. */
export const recordAbsence = command<{ orderId: string }, void>('recordAbsence', {
  touches: ({ body }) => ({ payments: [body.orderId] }),
  decide({ body: { orderId } }, { payments }) {
    const row = payments.get(orderId)
    if (row?.status !== 'UNKNOWN') return []
    const { id: paymentId, amount, currency } = row
    return [
      event('PaymentUnconfirmed', { paymentId, orderId, reason: GIVEN_UP }),
      event('PaymentRefundRequested', { paymentId, orderId, amount, currency }),
    ]
  },
  answer: () => undefined,
})

export const absenceCall = (row: PaymentRow): Call => ({
  rule: recordAbsence,
  id: deriveId(row.id, 'reconcile', 'absent'),
  body: { orderId: row.order_id },
})

/** What became of a charge that was cancelled at the gateway. */
export const recordCancellation = command<Result<'REFUNDED' | 'VOIDED'>, void>('recordCancellation', {
  touches: ({ body }) => ({ payments: [body.orderId] }),
  decide({ body: { orderId, answer } }, { payments }) {
    const row = payments.get(orderId)
    if (row?.status !== 'REFUNDING') return []
    if (row.failure_reason === GIVEN_UP) return [failed(row, GIVEN_UP)]
    const { id: paymentId, amount, currency } = row
    if (answer === 'VOIDED') return [event('PaymentCancelled', { paymentId, orderId })]
    return [event('PaymentRefunded', { paymentId, orderId, amount, currency })]
  },
  answer: () => undefined,
})

/** The same answer to the same question is recorded once. */
export const chargeCall = (
  { id, order_id: orderId }: PaymentRow,
  step: string,
  answer: ChargeAnswer,
): Call => ({
  rule: recordCharge,
  id: deriveId(id, step, answer.kind),
  body: { orderId, answer },
})

export const cancellationCall = (row: PaymentRow, step: string, answer: 'REFUNDED' | 'VOIDED'): Call => ({
  rule: recordCancellation,
  id: deriveId(row.id, step, answer),
  body: { orderId: row.order_id, answer },
})
