import { service } from '@chorus/chassis'
import { flow } from './duties.js'
import { effects } from './effects.js'
import { evolve } from './evolve.js'
import type { Gateway } from './gateway.js'
import { migrations } from './migrations.js'
import { endPayment, recordAbsence, recordCancellation, recordCharge, requestPayment } from './payment.js'
import { routes } from './routes.js'
import { tables } from './tables.js'

/** Payments, collected by an external gateway. */
export const payment = (gateway: Gateway) =>
  service({
    name: 'payment',
    tables,
    reactions: [requestPayment, endPayment],
    commands: [recordAbsence, recordCharge, recordCancellation],
    evolve,
    effects: effects(gateway),
    flow,
    routes,
    migrations,
  })
