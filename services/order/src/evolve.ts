import { evolution } from './tables.js'

/** How the order service's own events change its rows. */
export const evolve = evolution({
  OrderCreated({ orders }, { data, time, traceparent }) {
    orders.insert({
      id: data.orderId,
      user_id: data.userId,
      status: 'PENDING',
      items: data.items,
      subtotal: data.subtotal.amount,
      discount: 0,
      payable: data.subtotal.amount,
      currency: data.subtotal.currency,
      user_coupon_id: data.userCouponId ?? null,
      delivery_address_id: data.deliveryAddressId,
      payment_method: data.payment.method,
      failure_step: null,
      failure_reason: null,
      cancel_reason: null,
      deadline_at: new Date(data.deadlineAt),
      traceparent,
      created_at: time,
      updated_at: time,
    })
  },
  OrderCompleted({ orders }, { data: { orderId, discount, payable }, time }) {
    orders.patch(orderId, { status: 'COMPLETED', discount, payable, updated_at: time })
  },
  // What ended the order gave the coupon back, so nothing is off its price; the amounts follow from the order's own
  // events alone, whether or not the steps before were told in time.
  OrderFailed({ orders }, { data: { orderId, step, reason }, time }) {
    const payable = orders.get(orderId)!.subtotal
    orders.patch(orderId, {
      status: 'FAILED',
      failure_step: step,
      failure_reason: reason,
      discount: 0,
      payable,
      updated_at: time,
    })
  },
  OrderCancelled({ orders }, { data: { orderId, reason }, time }) {
    const payable = orders.get(orderId)!.subtotal
    orders.patch(orderId, {
      status: 'CANCELLED',
      cancel_reason: reason,
      discount: 0,
      payable,
      updated_at: time,
    })
  },
})
