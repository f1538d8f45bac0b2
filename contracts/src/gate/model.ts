import { createHash } from 'node:crypto'
import type { Change } from './changes.js'
import { fieldsOf, touches, type Schema } from './schema.js'
import type { Proof } from './witness.js'

/** One version of an event as it stands in the working files. The headers of all events are one contract too. */
export interface Contract {
  /** The producer; its topic is `<service>.events`. EVERY_SERVICE for the headers. */
  service: string
  /** The file's name without version: `coupon-used`. */
  name: string
  type: string
  version: number
  /** Canonical. */
  schema: Schema
}

/** What was accepted of one contract, for ever: only ever appended to. */
export interface Recorded {
  service: string
  name: string
  type: string
  version: number
  /** Canonical, oldest first. */
  revisions: readonly Schema[]
  /** Hash of each accepted golden example, by file name without `.json`. */
  examples: Readonly<Record<string, string>>
}

/** A golden example: an event as it really was on its topic. */
export interface Example {
  headers: Readonly<Record<string, string>>
  key: string
  data: unknown
}

/** What a service reads of an event. */
export interface Consumer {
  service: string
  type: string
  version: number
  /** Dotted, arrays transparent: `items.productId`. */
  fields: readonly string[]
}

/** Lifts the data of one version of an event to the next, by `<type>:<from version>`. Pure. */
export type Upcasters = Readonly<Record<string, (data: never) => unknown>>

/** Everything the gate looks at. */
export interface Contracts {
  current: readonly Contract[]
  history: readonly Recorded[]
  /** Golden examples by file name, by idOf their contract. */
  examples: Readonly<Record<string, Readonly<Record<string, Example>>>>
  consumers: readonly Consumer[]
  upcasters?: Upcasters
}

/** What the gate says about one change. */
export interface Verdict {
  /** `coupon.CouponUsed v1` */
  contract: string
  kind: Change['kind'] | AgreementKind
  compatible: boolean
  /** Which of today's consumers break; nobody when only the promise to replay the topic is broken. */
  breaks: readonly { service: string; reads: readonly string[] }[]
  /** An event that is valid for its writer and refused by its reader. */
  proof?: Proof
  /** The whole verdict in one sentence. */
  text: string
}

/** Breaches of what is agreed beside the schemas. */
export type AgreementKind =
  | 'event removed'
  | 'topic moved'
  | 'key changed'
  | 'subject changed'
  | 'aggregate changed'
  | 'example edited'
  | 'example deleted'
  | 'example missing'
  | 'example invalid'
  | 'history edited'
  | 'need unknown'
  | 'upcaster missing'
  | 'upcaster wrong'

/** The service of the contract that all services keep to: the headers. */
export const EVERY_SERVICE = '*'
/** The type by which consumers say which headers they read. */
export const HEADERS = 'Headers'
const GUIDE = '(docs/contracts.md)'

type Named = Pick<Contract, 'service' | 'name' | 'type' | 'version'>

/** Where files about a contract stand: `coupon/coupon-used.v1`. */
export const idOf = ({ service, name, version }: Omit<Named, 'type'>): string =>
  service === EVERY_SERVICE ? `${name}.v${version}` : `${service}/${name}.v${version}`

/** A contract as people call it: `coupon.CouponUsed v1`. */
export const titleOf = ({ service, type, version }: Omit<Named, 'name'>): string =>
  service === EVERY_SERVICE ? `The headers of every event` : `${service}.${type} v${version}`

/** True when both are the same version of the same event, wherever their files stand. */
export const same = (a: Omit<Named, 'name' | 'service'>, b: Omit<Named, 'name' | 'service'>): boolean =>
  a.type === b.type && a.version === b.version

/** The hash of a golden example: of what it says, whatever its layout. */
export const hashOf = (example: Example): string =>
  createHash('sha256').update(JSON.stringify(example)).digest('hex')

/** What a consumer reads at or around a place; of an older version everything, since its upcaster may use it. */
export function readsOf(consumer: Consumer, version: number, schema: Schema, place = ''): string[] {
  const fields = consumer.version > version ? fieldsOf(schema) : consumer.fields
  return fields.filter((field) => place === '' || touches(field, place))
}

/** The consumers of one version of an event; those of a newer version read it through its upcasters. */
export const consumersOf = ({ type, version }: Contract, consumers: readonly Consumer[]): Consumer[] =>
  consumers.filter((consumer) => consumer.type === type && consumer.version >= version)

/** An event as text, cut when nobody would read it to its end; `--json` shows all of it. */
export function shown(event: unknown): string {
  const text = JSON.stringify(event)
  return text.length > 1200 ? `${text.slice(0, 1200)} ...` : text
}

const list = (breaks: Verdict['breaks']) =>
  breaks
    .map(({ service, reads }) => (reads.length > 0 ? `${service} (reads ${reads.join(', ')})` : service))
    .join(' and ')

/** Who breaks, as the middle of a verdict. */
export function whoBreaks(breaks: Verdict['breaks'], age: 'new' | 'old' = 'new'): string {
  const event = age === 'new' ? 'on this event' : 'on this event, which may lie on the topic already'
  if (breaks.length > 0) return `${list(breaks)} break${breaks.length > 1 ? '' : 's'} ${event}`
  return 'no consumer of today needs it, but it breaks the contract for those who will replay the topic: see this event'
}

/** What to do instead of a breaking change. */
export const instead = ({ service, version }: Omit<Named, 'name' | 'type'>): string =>
  service === EVERY_SERVICE
    ? `keep the header as it is and add another one ${GUIDE}`
    : `add a v${version + 1} beside it instead ${GUIDE}`
