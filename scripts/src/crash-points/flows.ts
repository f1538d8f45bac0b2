import { readRun, signal, type RunFile } from '@chorus/stack'
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

/** Has something done while the gateway hears and answers nothing. */
async function withoutGateway<T>({ home }: RunFile, work: () => Promise<T>): Promise<T> {
  const { pid } = readRun(home)!.parts['gateway']!
  signal(pid, 'SIGSTOP')
  try {
    return await work()
  } finally {
    signal(pid, 'SIGCONT')
  }
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
    async prepare(shelf, run) {
      const { place, buyer } = await shelf.prepare()
      return async () => {
        // What is charged is answered after the cancellation was heard.
        await buyer.gateway('slow')
        // However long Order is away: when the cancellation is repeated, the order is still open.
        const order = await withoutGateway(run, async () => {
          const placed = await place()
          await buyer.paying(placed.id)
          await buyer.cancel(placed.id)
          return placed
        })
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
