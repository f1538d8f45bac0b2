import { service } from '@chorus/chassis'
import { migrations } from './migrations.js'
import { routes } from './routes.js'
import { tables } from './tables.js'
import { noteSale } from './tally.js'

/** Counts what is sold. It only listens. */
export const tally = service({
  name: 'tally',
  tables,
  reactions: [],
  projections: [noteSale],
  commands: [],
  evolve: {},
  routes,
  migrations,
})
