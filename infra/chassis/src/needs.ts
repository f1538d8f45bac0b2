import {
  contracts,
  subset,
  upcast,
  violationsOf,
  type EventContract,
  type Events,
  type EventType,
  type Schema,
} from '@chorus/contracts'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { ownSchemas } from './ajv-options.js'
import { isMet, type Condition, type Conditions } from './conditions.js'
import type { Recorded } from './event.js'

/** Dotted paths to the fields of a type; arrays are transparent: `items.productId`. */
export type PathsOf<T> = T extends readonly (infer Item)[]
  ? PathsOf<Item>
  : T extends object
    ? { [K in keyof T & string]: K | Nested<K, PathsOf<NonNullable<T[K]>>> }[keyof T & string]
    : never
type Nested<K extends string, P> = P extends string ? `${K}.${P}` : never

type Head<P extends string> = P extends `${infer H}.${string}` ? H : P
type Tail<P extends string, K extends string> = P extends `${K}.${infer T}` ? T : never

/** Only the fields of a type that the paths name. */
export type Subset<T, P extends string> = T extends readonly (infer Item)[]
  ? Subset<Item, P>[]
  : T extends object
    ? {
        [K in keyof T as K extends Head<P> ? K : never]: K extends P
          ? T[K]
          : Subset<T[K], Tail<P, K & string>>
      }
    : T

/** By event type, the fields that a rule reads. It gets these and no others. */
export type Needs<E extends EventType = EventType> = { readonly [K in E]?: readonly string[] }
/** The same, with the fields checked against the contracts. */
export type NeedsOf<E extends EventType> = { readonly [K in E]: readonly PathsOf<Events[K]>[] }

/** An event as a rule gets it: with the data that the rule declared. */
export type Heard<N> = {
  [K in keyof N & EventType]: N[K] extends readonly (infer P extends string)[]
    ? Omit<Recorded<K>, 'data'> & { data: Subset<Events[K], P> }
    : never
}[keyof N & EventType]

const headsOf = (paths: readonly string[]) => [...new Set(paths.map((path) => path.split('.')[0]!))]
const below = (paths: readonly string[], head: string) =>
  paths.includes(head)
    ? []
    : paths.flatMap((path) => (path.startsWith(`${head}.`) ? [path.slice(head.length + 1)] : []))

/**
 * The part of a schema that a consumer needs: other fields may come, go and change.
 * @param paths what it reads; none means all of it
 * @throws Error when a path leads nowhere
 */
export function subsetOf(schema: Schema, paths: readonly string[]): Schema {
  const lost = paths.find((path) => Object.keys(subset(schema, [path]).properties ?? {}).length === 0)
  if (lost !== undefined) throw new Error(`there is no field ${lost}`)
  return paths.length === 0 ? schema : subset(schema, paths)
}

/** Makes what keeps the named fields of a value, and nothing else. */
function pickerOf(paths: readonly string[]): (value: unknown) => unknown {
  if (paths.length === 0) return (value) => value
  const fields = headsOf(paths).map((head) => [head, pickerOf(below(paths, head))] as const)
  const picker = (value: unknown): unknown => {
    if (value === null || typeof value !== 'object') return value
    if (Array.isArray(value)) return value.map(picker)
    const kept: Record<string, unknown> = {}
    for (const [head, keep] of fields) {
      if (head in value) kept[head] = keep((value as Record<string, unknown>)[head])
    }
    return kept
  }
  return picker
}

/** Keeps the named fields of a value, and nothing else. */
export const pick = (value: unknown, paths: readonly string[]): unknown => pickerOf(paths)(value)

/** Reads the data of one event type as its consumer needs it; undefined when they are none of its business. */
export type Reader = (
  data: unknown,
  dataschema: string,
) => { data: unknown } | { violations: string } | undefined

const bySchema = new Map(contracts.map((contract) => [contract.dataschema, contract]))

function versionOf(type: EventType, dataschema: string): EventContract | undefined {
  const contract = bySchema.get(dataschema)
  return contract?.type === type ? contract : undefined
}

function sentence(type: EventType, { errors }: ValidateFunction): string {
  return (errors ?? [])
    .map(({ instancePath, message }) => `${type}${instancePath} ${message ?? ''}`)
    .join('; ')
}

const ajv = new Ajv2020({ ...ownSchemas, keywords: ['x-chorus'] })
formats.default(ajv)

/** Compiling takes milliseconds, and specs ask for the same readers thousands of times. */
const made = new Map<string, Reader>()

function readerOf(
  type: EventType,
  newest: EventContract,
  paths: readonly string[],
  condition: Condition | undefined,
): Reader {
  const { $id: _id, ...schema } = newest.schema as Schema
  const validate = ajv.compile(subsetOf(schema, paths))
  const keep = pickerOf(paths)
  return (data, dataschema) => {
    const contract = versionOf(type, dataschema)
    if (!contract) return { violations: `${dataschema} is no version of ${type} that is known here` }
    // What an upcaster lifts must be what its version promises.
    const old = contract !== newest && violationsOf(type, data, 'open', contract.version)
    if (old) return { violations: old }
    const lifted = upcast(type, contract.version, data)
    if (!isMet(condition, lifted)) return undefined
    return validate(lifted) ? { data: keep(lifted) } : { violations: sentence(type, validate) }
  }
}

/**
 * Makes the readers of a service: each checks its own subset of the newest version, after lifting older ones.
 * @throws Error when a need names a field that is not in the contract
 */
export function readersOf(needs: Needs, conditions: Conditions = {}): Map<EventType, Reader> {
  return new Map(
    (Object.entries(needs) as [EventType, readonly string[]][]).map(([type, paths]) => {
      const newest = contracts.findLast((contract) => contract.type === type)
      if (!newest) throw new Error(`there is no event ${type}`)
      const condition = conditions[type]
      const name = JSON.stringify([type, paths, condition])
      const reader = made.get(name) ?? readerOf(type, newest, paths, condition)
      made.set(name, reader)
      return [type, reader]
    }),
  )
}
