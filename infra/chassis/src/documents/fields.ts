/** The keywords of JSON Schema that the interfaces use. */
export interface Schema {
  type?: string
  const?: string
  enum?: readonly string[]
  format?: string
  description?: string
  default?: unknown
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  required?: readonly string[]
  properties?: Record<string, Schema>
  items?: Schema
}

/** One line of a table that explains a schema. */
export interface Field {
  /** With its path: `items[].quantity`. */
  name: string
  type: string
  required: boolean
  /** What it means, and its limits. */
  text: string
}

const range = (what: string, least?: number, most?: number): string[] => {
  if (least === undefined && most === undefined) return []
  if (most === undefined) return [`${what}${least} or more.`]
  return [least === undefined ? `${what}${most} at most.` : `${what}${least} to ${most}.`]
}

const limits = (schema: Schema): string[] => [
  ...range('', schema.minimum, schema.maximum),
  ...range('Characters: ', schema.minLength, schema.maxLength),
  ...range('Items: ', schema.minItems, schema.maxItems),
  ...(schema.default === undefined ? [] : [`Else ${JSON.stringify(schema.default)}.`]),
]

const typeOf = (schema: Schema): string =>
  schema.const ?? schema.enum?.join(', ') ?? schema.format ?? schema.type ?? 'anything'

/** A table that explains an object's schema, nested fields after the one that holds them. */
export function fieldsOf(schema: Schema, prefix = ''): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const name = prefix + key
    const item = value.items
    const field = {
      name,
      type: item ? `array of ${typeOf(item)}` : typeOf(value),
      required: schema.required?.includes(key) ?? false,
      text: [value.description, ...limits(value)].filter((part) => part !== undefined).join(' '),
    }
    return [field, ...fieldsOf(item ?? value, item ? `${name}[].` : `${name}.`)]
  })
}
