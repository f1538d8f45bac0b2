/** What every service stands on: see docs/architecture.md. */
export { authenticator, type Authenticate } from './auth.js'
export { isTransient } from './database.js'
export { asyncApiOf, type AsyncApiDocument } from './documents/asyncapi.js'
export { openApiOf, type OpenApiDocument } from './documents/openapi.js'
export { headersRead, messageOf } from './cloud-events.js'
export type { Message } from './dead-letters.js'
export type { Condition, Conditions } from './conditions.js'
export type { Duty, FlowPart } from './flow-part.js'
export { event, type NewEvent, type Recorded } from './event.js'
export { commandId, deriveId, newId } from './ids.js'
export { Premature } from './input.js'
export { pick, readersOf, subsetOf, type Heard, type Needs, type PathsOf, type Subset } from './needs.js'
export { openKafka } from './kafka.js'
export { openLog, type Log } from './log.js'
export type { Migration } from './migrations.js'
export { paging, readPage, type Page } from './paging.js'
export type { CommandRoute, QueryRoute, Route, Sight, StreamRoute } from './routes.js'
export {
  table,
  type ReadRows,
  type ReadSet,
  type RowOf,
  type Table,
  type Tables,
  type WriteRows,
  type WriteSet,
} from './rows.js'
export { amount, answerSchema, currency, instant, pageSchema, uuid } from './schemas.js'
export { Problem, problemOf } from './problem.js'
export { orphansOf, topologyOf } from './topology.js'
export { openStream, type Stream } from './streams.js'
export { CannotGoOn } from './consumer.js'
export { readConfig, type ServiceConfig } from './config.js'
export { run, start, topicsHeard, type RunningService } from './run.js'
export {
  emits,
  hears,
  conditionsOf,
  needsOf,
  refuse,
  rulesOver,
  service,
  type Call,
  type Command,
  type CommandRule,
  type Effect,
  type Evolution,
  type Observation,
  type PagesContext,
  type Projection,
  type Reaction,
  type Refusal,
  type Service,
  type Sweep,
} from './service.js'
