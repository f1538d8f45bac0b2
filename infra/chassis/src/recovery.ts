/** For those who rebuild a service's rows from topics: see docs/recover.md. */
export { readFact, type Fact } from './facts.js'
export { Fold, projects } from './fold.js'
export { prepareTables } from './tables.js'
