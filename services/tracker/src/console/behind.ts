import type { Knex } from 'knex'
import type { System } from '../system.js'

/** With so many events to hear, the tracker says so: under load a few thousand are always under way. */
const FAR_BEHIND = 5000

/** How many events the tracker has still to hear, when they are many: what it misses may have happened long ago. */
export async function behindOf({
  knex,
  system,
}: {
  knex: Knex
  system: System
}): Promise<number | undefined> {
  const reading = await knex<{ group_id: string }>('reading').first('group_id')
  const behind = reading && (await system.behind(reading.group_id))
  return behind !== undefined && behind > FAR_BEHIND ? behind : undefined
}
