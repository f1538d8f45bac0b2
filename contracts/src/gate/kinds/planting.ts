import { historyWith } from '../check.js'
import { idOf, type Consumer, type Contract, type Contracts, type Example } from '../model.js'
import type { Files } from '../files.js'
import { mapValues, type Schema } from '../schema.js'

/** A change planted in a copy of the contracts. */
export type Plant = (contracts: Contracts) => Contracts

const consumer = (service: string, type: string, ...fields: string[]): Consumer => ({
  service,
  type,
  version: 1,
  fields,
})

/** Consumers that the kinds of change are shown on: few, and the same for ever. */
export const SHOWN_CONSUMERS: readonly Consumer[] = [
  consumer('order', 'CouponUsed', 'orderId', 'discount', 'payable'),
  consumer('product', 'CouponUsed', 'orderId', 'items.productId', 'items.quantity', 'currency'),
  consumer('coupon', 'OrderCancelled', 'orderId', 'reason', 'userCouponId'),
  consumer('order', 'Headers', 'ce_id', 'ce_type', 'ce_time'),
]

/** The contracts as they are, all of them accepted, heard by the consumers that the kinds are shown on. */
export function accepted(files: Files): Contracts {
  const fresh = { ...files, history: [], consumers: SHOWN_CONSUMERS }
  return { ...fresh, history: historyWith(fresh) }
}

const isThat = (type: string) => (one: { type: string; version: number }) =>
  one.type === type && one.version === 1

/** Changes version 1 of an event. */
export const contract =
  (type: string, change: (contract: Contract) => Contract): Plant =>
  (contracts) => ({
    ...contracts,
    current: contracts.current.map((one) => (isThat(type)(one) ? change(one) : one)),
  })

/** Changes the schema of version 1 of an event. */
export const schema = (type: string, change: (schema: Schema) => Schema): Plant =>
  contract(type, (one) => ({ ...one, schema: change(one.schema) }))

/** Adds a field, or puts another one in its place. */
export const withField = (type: string, name: string, change: (field: Schema) => Schema): Plant =>
  schema(type, (old) => ({
    ...old,
    properties: { ...old.properties, [name]: change(old.properties?.[name] ?? {}) },
  }))

/** Requires a field, or lets it be absent. */
export const withRequired = (type: string, name: string, required: boolean): Plant =>
  schema(type, (old) => {
    const others = (old.required ?? []).filter((one) => one !== name)
    return { ...old, required: required ? [...others, name].sort() : others }
  })

/** Takes a field out of a schema. */
export function without({ properties = {}, required = [], ...rest }: Schema, name: string): Schema {
  const kept = Object.entries(properties).filter(([other]) => other !== name)
  return {
    ...rest,
    properties: Object.fromEntries(kept),
    required: required.filter((other) => other !== name),
  }
}

/** Takes an event version away. */
export const withoutEvent =
  (type: string): Plant =>
  (contracts) => ({ ...contracts, current: contracts.current.filter((one) => !isThat(type)(one)) })

/** Changes the golden examples of version 1 of an event. */
export const examplesOf =
  (type: string, change: (examples: Readonly<Record<string, Example>>) => Record<string, Example>): Plant =>
  (contracts) => {
    const id = idOf(contracts.current.find(isThat(type))!)
    return { ...contracts, examples: { ...contracts.examples, [id]: change(contracts.examples[id] ?? {}) } }
  }

/** Adds an event like version 1 of another one, with golden examples like its ones. */
export const alsoEvent =
  (type: string, like: { type: string; version: number; examples: boolean }): Plant =>
  (contracts) => {
    const old = contracts.current.find(isThat(type))!
    const $id = `urn:chorus:event:${like.type}:${like.version}`
    const { type: newType, version } = like
    const name = newType === type ? old.name : newType.toLowerCase()
    const added = { ...old, type: newType, version, name, schema: { ...old.schema, $id } }
    const examples = mapValues(contracts.examples[idOf(old)] ?? {}, (example) => ({
      ...example,
      headers: { ...example.headers, ce_type: newType, ce_dataschema: $id },
    }))
    return {
      ...contracts,
      current: [...contracts.current, added],
      examples: { ...contracts.examples, ...(like.examples && { [idOf(added)]: examples }) },
    }
  }

/** Lets a consumer of version 1 of an event read another version, or other fields. */
export const reading =
  (service: string, type: string, change: Partial<Consumer>): Plant =>
  (contracts) => ({
    ...contracts,
    consumers: contracts.consumers.map((one) =>
      one.service === service && one.type === type ? { ...one, ...change } : one,
    ),
  })

/** Several changes, one after the other. */
export const all =
  (...plants: Plant[]): Plant =>
  (contracts) =>
    plants.reduce((changed, plant) => plant(changed), contracts)
