import type { Knex } from 'knex'
import type { Consumption } from './consumption.js'
import type { Releaser } from '../letters/releaser.js'

/** What operators can reach of a running service. */
export interface ActionContext {
  knex: Knex
  releaser: Releaser
  consumption: Consumption
}
