/** The compatibility gate: says who a change of the contracts breaks, and shows the event that would break them. */
export { breaking, checkContracts, historyVerdicts, historyWith, pendingOf } from './check.js'
export { historyFile, readContracts, workTree, type Files, type Source } from './files.js'
export {
  EVERY_SERVICE,
  HEADERS,
  idOf,
  titleOf,
  type Consumer,
  type Contract,
  type Contracts,
  type Example,
  type Recorded,
  type Upcasters,
  type Verdict,
} from './model.js'
export { canonical, fieldsOf, subset, type Schema } from './schema.js'
export { kinds } from './kinds/index.js'
export { accepted } from './kinds/planting.js'
export { tableOf, withTable } from './kinds/table.js'
