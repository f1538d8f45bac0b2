import { setTimeout as pause } from 'node:timers/promises'
import { newId } from '@chorus/chassis'
import type { RunFile } from '@chorus/stack'
import type { Buyer } from '../buyer.js'
import type { Meddled } from '../chaos/meddler.js'
import { sendPoison } from '../chaos/poison.js'
import { startAnew } from '../start-anew.js'
import type { Mutation } from './mutation.js'

const PATIENCE_MS = 20_000
const BETWEEN_MS = 100
const FEWEST = 16
const KILLS = 3
const AT_WORK_MS = 800

/** Something that nobody can read: it is set aside by Order, and by nobody else. */
async function poison(run: RunFile): Promise<Meddled> {
  const one = { id: newId(), key: newId(), type: 'PaymentCompleted' }
  await sendPoison(run, 'payment.events', one)
  return { duplicates: 0, shuffled: 0, poisoned: [one.id], keys: [one.key] }
}

async function cancelled(shelf: Buyer): Promise<void> {
  const { place, buyer } = await shelf.prepare()
  const { id } = await place()
  await buyer.paying(id)
  await buyer.cancel(id)
}

/** Orders that are completed and declined, one after the other, until something else is over; their ends are not waited for. */
async function orders(shelf: Buyer, over: AbortSignal): Promise<void> {
  const all = []
  for (let i = 0; i < FEWEST || !over.aborted; i++) {
    const wish = i % 3 === 0 ? { token: 'tok_decline' } : {}
    all.push(shelf.prepare(wish).then(({ place }) => place()))
    await pause(BETWEEN_MS)
  }
  await Promise.allSettled(all)
}

/** Kills a service in the middle of its work, again and again. */
async function kills(run: RunFile, service: string): Promise<void> {
  for (let i = 0; i < KILLS; i++) {
    await pause(AT_WORK_MS)
    await startAnew(run, [service])
  }
}

/**
 * A little of everything: orders that complete, are declined and are cancelled while they are paid, a coupon taken
 * twice, another price, something unreadable. What is refused or gets no answer is left to the auditor.
 * @returns what was put on the topics besides
 */
export async function workload(
  run: RunFile,
  shelf: Buyer,
  { with: besides, service }: Pick<Mutation, 'with' | 'service'>,
): Promise<Meddled> {
  await shelf.gateway('slow')
  await Promise.race([Promise.allSettled([cancelled(shelf), cancelled(shelf)]), pause(PATIENCE_MS)])
  await shelf.gateway(besides === 'time-outs' ? 'timeout-after' : 'none')
  const over = new AbortController()
  const killing = besides === 'kills' ? kills(run, service) : Promise.resolve()
  const work = [
    killing.finally(() => over.abort()),
    orders(shelf, over.signal),
    shelf.reprice(1000 + Math.ceil(Math.random() * 1000)),
    shelf.prepare().then(async ({ buyer }) => void (await buyer.take())),
  ]
  await Promise.race([Promise.allSettled(work), pause(PATIENCE_MS)])
  over.abort()
  await shelf.gateway('none')
  return poison(run)
}
