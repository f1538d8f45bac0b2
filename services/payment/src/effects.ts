import type { Gateway } from './gateway.js'
import { absenceCall, cancellationCall, chargeCall } from './payment.js'
import { effect } from './tables.js'

/** The calls to the gateway that payments wait for, all under the payment's id as idempotency key. */
export const effects = (gateway: Gateway) => [
  /** May run twice after a crash: the gateway knows the key and charges once. */
  effect({
    name: 'charge',
    table: 'payments',
    wants: ({ status }) => status === 'REQUESTED',
    wantsSql: `status = 'REQUESTED'`,
    async run(row, traceparent) {
      const { id: key, amount, currency, token } = row
      return chargeCall(
        row,
        'charge',
        await gateway.charge({ key, amount, currency, ...(token !== null && { token }) }, traceparent),
      )
    },
  }),
  /**
   * Asks what became of a charge without a clear answer, and never charges anew. A charge that the gateway does not
   * know may still be on its way: that the payment is given up is committed first, then the charge is cancelled.
   */
  effect({
    name: 'reconcile',
    table: 'payments',
    wants: ({ status }) => status === 'UNKNOWN',
    wantsSql: `status = 'UNKNOWN'`,
    async run(row, traceparent) {
      const found = await gateway.find(row.id, traceparent)
      if (found.kind === 'unclear') return undefined
      return found.kind === 'absent' ? absenceCall(row) : chargeCall(row, 'reconcile', found)
    },
  }),
  effect({
    name: 'refund',
    table: 'payments',
    wants: ({ status }) => status === 'REFUNDING',
    wantsSql: `status = 'REFUNDING'`,
    run: async (row, traceparent) =>
      cancellationCall(row, 'refund', await gateway.cancel(row.id, traceparent)),
  }),
]
