import type { Knex } from 'knex'
import { Gauge, type Registry } from 'prom-client'
import type { Log } from '../log.js'
import { countLetters } from './letters.js'

type Counts = Awaited<ReturnType<typeof countLetters>>

/** Measures what is set aside, whenever somebody asks. */
export function measureLetters(registry: Registry, knex: Knex, log: Log): void {
  const registers = [registry]
  const whenAsked = (note: (counts: Counts) => void) => async () => {
    // The other measurements are wanted most when the database is away.
    const counts = await countLetters(knex).catch((err: unknown) =>
      log.warn({ err }, 'dead letters not counted'),
    )
    if (counts) note(counts)
  }
  const keys: Gauge = new Gauge({
    name: 'chorus_parked_keys',
    help: 'Keys whose messages wait behind a dead letter',
    registers,
    collect: whenAsked((counts) => keys.set(counts.keys)),
  })
  const letters: Gauge = new Gauge({
    name: 'chorus_dead_letters',
    help: 'Messages that are set aside: DEAD, or WAITING behind a dead one of their key',
    labelNames: ['state'],
    registers,
    collect: whenAsked(({ dead, waiting }) => {
      letters.set({ state: 'DEAD' }, dead)
      letters.set({ state: 'WAITING' }, waiting)
    }),
  })
}
