import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { closed, ELEMENT, type Path, type Schema } from './schema.js'

/** Why an event is refused: the place, and the rule in words. */
export interface Fault {
  path: Path
  rule: string
}

const ajv = new Ajv2020({ allErrors: true, strict: false })
addFormats.default(ajv)
const compiled = new WeakMap<Schema, ValidateFunction>()
const closedOnce = new WeakMap<Schema, Schema>()

function compile(schema: Schema): ValidateFunction {
  const known = compiled.get(schema)
  if (known) return known
  // Revisions of a schema share their $id, which one ajv would not have.
  const { $id: _, ...anonymous } = schema
  const validate = ajv.compile(anonymous)
  compiled.set(schema, validate)
  return validate
}

const step = (text: string) => (/^\d+$/.test(text) ? ELEMENT : text)

/** Checks data as a reader does: unknown fields are let through. @returns why it is refused; nothing when it is not */
export function faultsOf(schema: Schema, data: unknown): Fault[] {
  const validate = compile(schema)
  if (validate(data)) return []
  return (validate.errors ?? []).map(({ instancePath, params, message }) => {
    const named = params as { missingProperty?: string; additionalProperty?: string }
    const last = named.missingProperty ?? named.additionalProperty
    const path = instancePath.split('/').slice(1).map(step)
    const rule = `${message ?? 'is invalid'}${named.additionalProperty ? ` (${named.additionalProperty})` : ''}`
    return { path: last === undefined ? path : [...path, last], rule }
  })
}

/** The schema that a producer must keep to; the same object for the same schema, so that it is compiled once. */
export function writerOf(schema: Schema): Schema {
  const known = closedOnce.get(schema)
  if (known) return known
  const strict = closed(schema)
  closedOnce.set(schema, strict)
  return strict
}

/** True when a producer may write this. */
export const isWritable = (schema: Schema, data: unknown): boolean =>
  faultsOf(writerOf(schema), data).length === 0
