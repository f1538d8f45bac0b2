import type { FlowPart } from '@chorus/chassis'

const UNDONE = ['PaymentRefunded', 'PaymentCancelled', 'PaymentFailed'] as const

/** Payment's part in a flow: the intent, what the gateway said of it, and the way back. */
export const flow: FlowPart = {
  duties: [
    { after: 'StockDecremented', owes: ['PaymentRequested', 'PaymentTombstoned'] },
    { after: 'PaymentRequested', owes: ['PaymentCompleted', ...UNDONE] },
    { after: 'PaymentRefundRequested', owes: UNDONE },
    { after: 'OrderCancelled', owes: [...UNDONE, 'PaymentTombstoned'] },
  ],
  undoes: { PaymentRefunded: 'PaymentCompleted', PaymentCancelled: 'PaymentRequested' },
  refusals: ['PaymentFailed'],
}
