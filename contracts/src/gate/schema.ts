/** A JSON Schema 2020-12 as the contracts write it: references resolved. */
export interface Schema {
  $id?: string
  type?: string | string[]
  required?: readonly string[]
  properties?: Readonly<Record<string, Schema>>
  items?: Schema
  'x-chorus'?: Agreement
  [keyword: string]: unknown
}

/** What is agreed about an event beside its fields: the aggregate it is of, and which fields are key and subject. */
export interface Agreement {
  aggregate: string
  key: string
  subject: string
}

/** The way to a place in an event: names of fields, and ELEMENT for "each element of the array". */
export type Path = readonly string[]

/** A step of a path into an array. */
export const ELEMENT = '[]'

/** A path as consumers declare it: dotted, arrays transparent (`items.productId`). */
export const dotted = (path: Path): string => path.filter((step) => step !== ELEMENT).join('.')

/** True when one place is the other, or lies within it. */
export const touches = (one: string, other: string): boolean =>
  one === other || one.startsWith(`${other}.`) || other.startsWith(`${one}.`)

const ANNOTATIONS = new Set(['$schema', '$comment', 'title', 'description', 'examples', 'deprecated'])
const byText = (a: string, b: string) => (a < b ? -1 : 1)

function bare(keyword: string, value: unknown): unknown {
  if (keyword === 'required') return [...(value as string[])].sort(byText)
  if (keyword === 'items') return canonical(value as Schema)
  if (keyword === 'properties')
    return mapValues(value as Record<string, Schema>, (property) => canonical(property))
  if (keyword !== 'x-chorus') return value
  const { aggregate, key, subject } = value as Agreement
  return { aggregate, key, subject }
}

/** A copy of an object with each value changed. */
export const mapValues = <A, B>(
  object: Readonly<Record<string, A>>,
  change: (a: A) => B,
): Record<string, B> =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]))

/** The schema without what is only said to people (titles, descriptions), `required` sorted: what history records. */
export function canonical(schema: Schema): Schema {
  const entries = Object.entries(schema).filter(([keyword]) => !ANNOTATIONS.has(keyword))
  return Object.fromEntries(entries.map(([keyword, value]) => [keyword, bare(keyword, value)]))
}

/** The same schema with every object closed: what a producer must keep to. */
export function closed(schema: Schema): Schema {
  const properties = schema.properties && mapValues(schema.properties, closed)
  return {
    ...schema,
    ...(properties && { properties, additionalProperties: false }),
    ...(schema.items && { items: closed(schema.items) }),
  }
}

/**
 * What a consumer that reads only these fields checks: every other field may be there or not, and be anything.
 * @param fields dotted; fields that the schema does not have are left out
 */
export function subset(schema: Schema, fields: readonly string[]): Schema {
  if (schema.items) return { ...schema, items: subset(schema.items, fields) }
  if (!schema.properties || fields.includes('')) return schema
  const names = new Set(fields.map((field) => field.split('.')[0]!))
  const read = Object.entries(schema.properties).filter(([name]) => names.has(name))
  const within = (name: string) =>
    fields.flatMap((field) => {
      if (field === name) return ['']
      return field.startsWith(`${name}.`) ? [field.slice(name.length + 1)] : []
    })
  return {
    ...schema,
    required: (schema.required ?? []).filter((name) => names.has(name)),
    properties: Object.fromEntries(read.map(([name, property]) => [name, subset(property, within(name))])),
  }
}

/** Every top-level field. */
export const fieldsOf = (schema: Schema): string[] => Object.keys(schema.properties ?? {})

/** The part of a schema at a dotted place, arrays transparent; undefined when it has no such field. */
export function partAt(schema: Schema, field: string): Schema | undefined {
  if (schema.items) return partAt(schema.items, field)
  const [name, ...rest] = field.split('.')
  const property = schema.properties?.[name!]
  return property && rest.length > 0 ? partAt(property, rest.join('.')) : property
}
