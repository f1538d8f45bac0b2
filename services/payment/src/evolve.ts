import { evolution, type PaymentRow } from './tables.js'

const blank = {
  gateway_reference: null,
  failure_reason: null,
  paid_at: null,
} satisfies Partial<PaymentRow>

/** How the payment service's own events change its rows. */
export const evolve = evolution({
  PaymentRequested({ payments }, { data, time, traceparent }) {
    payments.insert({
      order_id: data.orderId,
      id: data.paymentId,
      user_id: data.userId,
      status: 'REQUESTED',
      amount: data.amount,
      currency: data.currency,
      method: data.payment.method,
      token: data.payment.token ?? null,
      user_coupon_id: data.userCouponId ?? null,
      traceparent,
      created_at: time,
      updated_at: time,
      ...blank,
    })
  },
  PaymentUnconfirmed: ({ payments }, { data, time, traceparent }) =>
    payments.patch(data.orderId, {
      status: 'UNKNOWN',
      failure_reason: data.reason,
      traceparent,
      updated_at: time,
    }),
  PaymentCompleted({ payments }, { data, time }) {
    payments.patch(data.orderId, {
      status: 'COMPLETED',
      gateway_reference: data.gatewayReference ?? null,
      failure_reason: null,
      paid_at: new Date(data.paidAt),
      token: null,
      updated_at: time,
    })
  },
  PaymentFailed: ({ payments }, { data, time }) =>
    payments.patch(data.orderId, {
      status: 'FAILED',
      failure_reason: data.reason,
      token: null,
      updated_at: time,
    }),
  PaymentRefundRequested: ({ payments }, { data, time, traceparent }) =>
    payments.patch(data.orderId, { status: 'REFUNDING', token: null, traceparent, updated_at: time }),
  PaymentRefunded: ({ payments }, { data, time }) =>
    payments.patch(data.orderId, { status: 'REFUNDED', updated_at: time }),
  PaymentCancelled: ({ payments }, { data, time }) =>
    payments.patch(data.orderId, { status: 'CANCELLED', token: null, updated_at: time }),
  PaymentTombstoned({ payments }, { data, time, traceparent }) {
    payments.insert({
      order_id: data.orderId,
      id: data.paymentId,
      user_id: '',
      status: 'CANCELLED',
      amount: 0,
      currency: '',
      method: 'CARD',
      token: null,
      user_coupon_id: null,
      traceparent,
      created_at: time,
      updated_at: time,
      ...blank,
    })
  },
})
