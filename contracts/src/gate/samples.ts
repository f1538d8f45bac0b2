import { listOf } from './changes.js'
import { ELEMENT, mapValues, type Path, type Schema } from './schema.js'
import { faultsOf } from './validator.js'

const WILD: readonly unknown[] = ['x', 'MOON', '', 1, 0, -1, 0.5, true, false, null, [], {}]
const FORMATS: Readonly<Record<string, string>> = {
  uuid: '01890000-0000-7000-8000-000000000001',
  'date-time': '2026-03-01T12:00:00Z',
  date: '2026-03-01',
  time: '12:00:00Z',
  email: 'ada@example.org',
  uri: 'https://example.org/a',
}
const TEXTS = [
  ...Object.values(FORMATS),
  'A',
  'AAA',
  'USD',
  'A_B',
  'a',
  'aaa',
  'a-b',
  'a1',
  '1',
  '1.0',
  '/a/b',
]
const LONGEST = 10_000

const asNumber = (value: unknown) => (typeof value === 'number' ? [value] : [])

function numbers(schema: Schema): number[] {
  const bounds = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'].flatMap((word) =>
    asNumber(schema[word]),
  )
  return bounds.flatMap((bound) => [bound, bound - 1, bound + 1, bound - 0.5, bound + 0.5])
}

/** Lengths at the edge of what a schema lets through. */
const lengths = (schema: Schema, ...words: string[]): number[] =>
  words
    .flatMap((word) => asNumber(schema[word]))
    .flatMap((length) => [length, length - 1, length + 1])
    .filter((length) => length >= 0 && length <= LONGEST)

const stretched = (text: string, length: number) =>
  (text || 'x').repeat(Math.ceil(length / (text.length || 1))).slice(0, length)

/** Strings like one that is known to be good, each a little different: they find what a pattern lets through. */
const variants = (text: string): string[] => [
  text.toLowerCase(),
  text.toUpperCase(),
  text.slice(1),
  ...['a', 'z', 'A', 'Z', '0', '9', '_', '-', '.', ' ', 'é'].flatMap((letter) => [
    text + letter,
    letter + text.slice(1),
  ]),
]

function texts(schema: Schema, near: unknown): string[] {
  const known = typeof near === 'string' ? [near, ...TEXTS] : TEXTS
  const sized = lengths(schema, 'minLength', 'maxLength').flatMap((length) =>
    known.slice(0, 8).map((text) => stretched(text, length)),
  )
  return [...known, ...sized, ...known.slice(0, 8).flatMap(variants)]
}

function lists({ items, ...schema }: Schema, near: unknown): unknown[][] {
  if (!items) return []
  const element = Array.isArray(near) && near.length > 0 ? near[0] : shaped(items, undefined, true)
  return lengths(schema, 'minItems', 'maxItems').map((length) => Array.from({ length }, () => element))
}

/** Values around what two schemas say of one place; a caller keeps those that its schemas let through. */
export function valuesAround(before: Schema, after: Schema, near: unknown): unknown[] {
  return [before, after].flatMap((schema) => [
    ...(listOf(schema) ?? []),
    ...numbers(schema),
    ...lists(schema, near),
    ...(schema.properties ? [shaped(schema, near, true)] : []),
    ...texts(schema, near),
    ...WILD,
  ])
}

function leaf(schema: Schema, near: unknown): unknown {
  const good = (value: unknown) => faultsOf(schema, value).length === 0
  const format = FORMATS[String(schema['format'])]
  const first = [near, ...(format === undefined ? [] : [format])].find(
    (value) => value !== undefined && good(value),
  )
  return first ?? valuesAround(schema, {}, near).find(good)
}

/**
 * A value that follows a schema and is as near as can be to a given one.
 * @param full also fill in what is optional and absent
 */
export function shaped(schema: Schema, near: unknown, full: boolean): unknown {
  if (schema.properties) {
    const given = (near ?? {}) as Record<string, unknown>
    const wanted = Object.entries(schema.properties).filter(
      ([name]) => full || name in given || schema.required?.includes(name),
    )
    return mapValues(
      Object.fromEntries(wanted.map(([name, inner]) => [name, { name, inner }])),
      ({ name, inner }) => shaped(inner, given[name], full),
    )
  }
  if (schema.items && schema.type === 'array') {
    const given = Array.isArray(near) ? (near as unknown[]) : []
    const least = Math.max(Number(schema['minItems'] ?? 0), full ? 1 : 0)
    const length = Math.min(Math.max(given.length, least), Number(schema['maxItems'] ?? LONGEST))
    return Array.from({ length }, (_, i) => shaped(schema.items!, given[i] ?? given[0], full))
  }
  return leaf(schema, near)
}

/** The value at a place; the first element of each array. */
export const valueAt = (data: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (value, step) => (value as Record<string, unknown> | undefined)?.[step === ELEMENT ? 0 : step],
    data,
  )

/** A copy of an event with the value at one place changed, or taken away (undefined). */
export function withValue(data: unknown, [step, ...rest]: Path, value: unknown): unknown {
  if (step === undefined) return value
  if (step === ELEMENT) {
    const [first, ...others] = data as unknown[]
    return [withValue(first, rest, value), ...others]
  }
  const object = { ...(data as Record<string, unknown> | undefined) }
  object[step] = withValue(object[step], rest, value)
  if (object[step] === undefined) delete object[step]
  return object
}
