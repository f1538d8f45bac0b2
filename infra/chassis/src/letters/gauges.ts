import type { Knex } from 'knex'
import { Gauge, type Registry } from 'prom-client'
import type { Log } from '../log.js'
import { whenAsked } from '../when-asked.js'
import { countLetters } from './letters.js'

/** Measures what is set aside, whenever somebody asks. */
export function measureLetters(registry: Registry, knex: Knex, log: Log): void {
  const collect = whenAsked('dead letters', () => countLetters(knex), note, log)
  const common = { registers: [registry], collect }
  const keys = new Gauge({
    ...common,
    name: 'chorus_parked_keys',
    help: 'Keys whose messages wait behind a dead letter',
  })
  const letters = new Gauge({
    ...common,
    name: 'chorus_dead_letters',
    help: 'Messages that are set aside: DEAD, or WAITING behind a dead one of their key',
    labelNames: ['state'],
  })
  function note(counts: Awaited<ReturnType<typeof countLetters>> | undefined): void {
    if (!counts) {
      letters.reset()
      return keys.remove()
    }
    keys.set(counts.keys)
    letters.set({ state: 'DEAD' }, counts.dead)
    letters.set({ state: 'WAITING' }, counts.waiting)
  }
}
