import type { OrderCreatedData, OrderCreatedV1Data } from '../generated/events.d.ts'
import { contractOf, type EventType } from './contracts.js'

/** v2 says with the amount what currency it is in, like every other price. */
const orderCreated1 = ({ subtotal, currency, ...rest }: OrderCreatedV1Data): OrderCreatedData => ({
  ...rest,
  subtotal: { amount: subtotal, currency },
})

/**
 * Lifts the data of one event version to the next, by `<type>:<version>`. Pure, and for ever: topics keep every
 * version that was ever sent.
 */
export const upcasters: Readonly<Record<string, (data: never) => unknown>> = {
  'OrderCreated:1': orderCreated1,
}

/**
 * Lifts the data of an event to its newest version.
 * @param version the version it was sent in
 * @throws Error when an upcaster is missing
 */
export function upcast(type: EventType, version: number, data: unknown): unknown {
  let lifted = data
  for (let v = version; v < contractOf(type).version; v++) {
    const upcaster = upcasters[`${type}:${v}`]
    if (!upcaster)
      throw new Error(`there is no upcaster from ${type} v${v}: add it to contracts/src/upcasters.ts`)
    lifted = upcaster(lifted as never)
  }
  return lifted
}
