import { newId } from '@chorus/chassis'
import type { RunFile } from '@chorus/stack'
import { sendPoison } from '../chaos/poison.js'
import { Tidier } from '../chaos/tidy.js'
import { clientOf } from '../client.js'
import { lettersOf } from '../letter-commands/letters.js'
import { until } from '../until.js'
import type { Flow } from './flows.js'

/** Who hears of secured stock: they set the unreadable news of it aside, and what follows waits behind it. */
const HEARERS = ['order', 'payment']

async function waiting(run: RunFile, key: string): Promise<boolean> {
  const letters = await Promise.all(
    HEARERS.map(async (service) => (await lettersOf(run, service)).find({ key }, 1)),
  )
  return letters.flat().every((one) => one.waiting > 0)
}

/** An order whose way is blocked by a dead letter; the letter is dropped, and what waits behind it is let go. */
export const released: Flow = {
  name: 'released',
  end: 'COMPLETED',
  async prepare(shelf, run) {
    const admin = await clientOf(run, 'operator', true)
    const { place } = await shelf.prepare()
    await admin.post('product', '/admin/consumption/pause', {})
    const order = await place()
    const { id } = order
    const poison = { id: newId(), key: id, type: 'StockDecremented' }
    await sendPoison(run, 'product.events', poison)
    await admin.post('product', '/admin/consumption/resume', {})
    await until('the order to wait behind the letter', () => waiting(run, id))
    const meddled = { duplicates: 0, shuffled: 0, poisoned: [poison.id], keys: [id] }
    const tidier = new Tidier(run, meddled)
    return async () => {
      await until('nothing to be set aside', () => tidier.round())
      return order
    }
  },
}
