import type { RunFile } from '@chorus/stack'
import type { Buyer, Placed } from '../buyer.js'
import { released } from './released.js'

/** A way that an order goes, over which every boundary is tried. */
export interface Flow {
  name: string
  /** How the order ends. */
  end: string
  /** All services are killed first: they note what they begin then. */
  afterACrash?: true
  /** Prepares one. @returns what sets it off: it settles with the order once nobody asks for anything any more */
  prepare(buyer: Buyer, run: RunFile): Promise<() => Promise<Placed>>
}

/** All with a coupon, so through all four services, forth and, for the last two, back. */
export const flows: readonly Flow[] = [
  {
    name: 'completed',
    end: 'COMPLETED',
    prepare: async (buyer) => (await buyer.prepare()).place,
  },
  {
    name: 'declined',
    end: 'FAILED',
    prepare: async (buyer) => (await buyer.prepare({ token: 'tok_decline' })).place,
  },
  {
    name: 'cancelled',
    end: 'CANCELLED',
    async prepare(shelf) {
      const { place, buyer } = await shelf.prepare()
      return async () => {
        await buyer.gateway('slow')
        const order = await place()
        await buyer.paying(order.id)
        await buyer.cancel(order.id)
        await buyer.gateway('none')
        return order
      }
    },
  },
  released,
  {
    name: 'after-a-crash',
    end: 'COMPLETED',
    afterACrash: true,
    prepare: async (buyer) => (await buyer.prepare()).place,
  },
]
