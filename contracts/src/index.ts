/** The language of the system: event types, their contracts, and the catalogue of problems. */
export {
  contractOf,
  contracts,
  isEventType,
  type EventContract,
  type EventType,
  type Producer,
} from './contracts.js'
export { violationsOf, type Strictness } from './validate.js'
export { subset, type Schema } from './gate/schema.js'
export { upcast, upcasters } from './upcasters.js'
export { problems, type ProblemCode, type ProblemKind } from './problems.js'
export { goldenExamples, type GoldenExample } from './examples.js'
export { topology, type DeclaredDuty, type DeclaredService, type Topology } from './topology.js'
export type * from '../generated/events.d.ts'
