/** The compatibility gate: says who a change of the contracts breaks, and shows the event that would break them. */
export { breaking, checkContracts, historyVerdicts, pendingOf } from './check.js'
export { historyFile, readContracts, workTree, type Files, type Source } from './files.js'
export {
  EVERY_SERVICE,
  HEADERS,
  titleOf,
  type Consumer,
  type Contract,
  type Contracts,
  type Example,
  type Recorded,
  type Upcasters,
  type Verdict,
} from './model.js'
export { fieldsOf, type Schema } from './schema.js'
