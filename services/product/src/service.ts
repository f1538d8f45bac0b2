import { service } from '@chorus/chassis'
import { adjustStock, changePrice, createProduct } from './catalogue.js'
import { flow } from './duties.js'
import { evolve } from './evolve.js'
import { migrations } from './migrations.js'
import { routes } from './routes.js'
import { decrementStock, restoreStock } from './stock.js'
import { tables } from './tables.js'

/** Products, their prices and their stock. */
export const product = service({
  name: 'product',
  tables,
  reactions: [decrementStock, restoreStock],
  commands: [createProduct, changePrice, adjustStock],
  evolve,
  flow,
  routes,
  migrations,
})
