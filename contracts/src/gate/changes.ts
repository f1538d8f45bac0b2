import { isDeepStrictEqual } from 'node:util'
import { dotted, ELEMENT, type Path, type Schema } from './schema.js'

/** What a change of a schema does at one place. */
export type ChangeKind =
  | 'field added'
  | 'required field added'
  | 'field removed'
  | 'field renamed'
  | 'field made optional'
  | 'field made required'
  | 'type changed'
  | 'values taken away'
  | 'values added'
  | 'range narrowed'
  | 'range widened'
  | 'format changed'
  | 'pattern changed'
  | 'keyword changed'

/** One structural difference between two schemas. */
export interface Change {
  kind: ChangeKind
  path: Path
  /** What the change does, as the end of "your change ...". */
  text: string
}

/** Bounds and whether a larger one lets less through. */
const BOUNDS: Readonly<Record<string, 1 | -1>> = {
  minimum: 1,
  exclusiveMinimum: 1,
  minLength: 1,
  minItems: 1,
  minProperties: 1,
  maximum: -1,
  exclusiveMaximum: -1,
  maxLength: -1,
  maxItems: -1,
  maxProperties: -1,
}
const WALKED = new Set(['$id', 'x-chorus', 'type', 'required', 'properties', 'items', 'enum', 'const'])

const show = (value: unknown) => (value === undefined ? 'none' : JSON.stringify(value))

/** The values that a schema lists, when it lists them. */
export const listOf = (schema: Schema): readonly unknown[] | undefined =>
  'const' in schema ? [schema['const']] : (schema['enum'] as unknown[] | undefined)

const gone = (from: readonly unknown[], to: readonly unknown[]) =>
  from.filter((value) => !to.includes(value)).map(show)

function values(before: Schema, after: Schema, path: Path, name: string): Change[] {
  const [old, now] = [listOf(before), listOf(after)]
  const taken = !now ? [] : !old ? ['every value off the list'] : gone(old, now)
  const added = !old ? [] : !now ? ['every value'] : gone(now, old)
  return [
    ...(taken.length > 0
      ? [{ kind: 'values taken away' as const, path, text: `takes ${taken.join(', ')} from ${name}` }]
      : []),
    ...(added.length > 0
      ? [{ kind: 'values added' as const, path, text: `lets ${name} be ${added.join(', ')} too` }]
      : []),
  ]
}

function keyword(word: string, before: Schema, after: Schema, path: Path, name: string): Change {
  const [old, now] = [before[word], after[word]]
  const text = `changes the ${word} of ${name} from ${show(old)} to ${show(now)}`
  if (word === 'format' || word === 'pattern') return { kind: `${word} changed`, path, text }
  const direction = BOUNDS[word]
  if (!direction) return { kind: 'keyword changed', path, text }
  const open = -direction * Infinity
  const narrowed = direction * ((now as number) ?? open) > direction * ((old as number) ?? open)
  return { kind: narrowed ? 'range narrowed' : 'range widened', path, text }
}

function keywords(before: Schema, after: Schema, path: Path, name: string): Change[] {
  const words = new Set([...Object.keys(before), ...Object.keys(after)].filter((word) => !WALKED.has(word)))
  return [...words]
    .filter((word) => !isDeepStrictEqual(before[word], after[word]))
    .map((word) => keyword(word, before, after, path, name))
}

interface Property {
  name: string
  schema: Schema
  required: boolean
}

const propertiesOf = ({ properties = {}, required = [] }: Schema): Property[] =>
  Object.entries(properties).map(([name, schema]) => ({ name, schema, required: required.includes(name) }))

const alike = (a: Property, b: Property) => a.required === b.required && isDeepStrictEqual(a.schema, b.schema)

function comings(before: Schema, after: Schema, path: Path): Change[] {
  const [old, now] = [propertiesOf(before), propertiesOf(after)]
  const gone = old.filter(({ name }) => !now.some((property) => property.name === name))
  const come = now.filter(({ name }) => !old.some((property) => property.name === name))
  const heirs = new Map(gone.map((one) => [one, come.find((other) => alike(one, other))]))
  const quoted = (name: string) => `"${dotted([...path, name])}"`
  const left = gone.map((one): Change => {
    const heir = heirs.get(one)
    const place = [...path, one.name]
    if (heir === undefined) return { kind: 'field removed', path: place, text: `removes ${quoted(one.name)}` }
    const text = `renames ${quoted(one.name)} to ${quoted(heir.name)}`
    return { kind: 'field renamed', path: place, text }
  })
  const renamed = new Set(heirs.values())
  const entered = come
    .filter((one) => !renamed.has(one))
    .map(({ name, required }): Change => {
      const kind = required ? 'required field added' : 'field added'
      const text = `adds ${quoted(name)}${required ? ' as a required field' : ', optional'}`
      return { kind, path: [...path, name], text }
    })
  return [...left, ...entered]
}

function shared(before: Schema, after: Schema, path: Path): Change[] {
  const later = new Map(propertiesOf(after).map((property) => [property.name, property]))
  return propertiesOf(before).flatMap((old) => {
    const now = later.get(old.name)
    if (!now) return []
    const place = [...path, old.name]
    const inner = changesBetween(old.schema, now.schema, place)
    if (old.required === now.required) return inner
    const word = now.required ? 'required' : 'optional'
    return [{ kind: `field made ${word}`, path: place, text: `makes "${dotted(place)}" ${word}` }, ...inner]
  })
}

/** Every structural change from one canonical schema to another, place by place. */
export function changesBetween(before: Schema, after: Schema, path: Path = []): Change[] {
  const name = path.length === 0 ? 'the event' : `"${dotted(path)}"`
  if (
    !isDeepStrictEqual(before.type, after.type) ||
    (before.items === undefined) !== (after.items === undefined)
  ) {
    const text = `changes the type of ${name} from ${show(before.type)} to ${show(after.type)}`
    return [{ kind: 'type changed', path, text }]
  }
  return [
    ...values(before, after, path, name),
    ...keywords(before, after, path, name),
    ...comings(before, after, path),
    ...shared(before, after, path),
    ...(before.items && after.items ? changesBetween(before.items, after.items, [...path, ELEMENT]) : []),
  ]
}
