/** JSON Schemas that the REST interfaces of all services share. */

/** An id. */
export const uuid = {
  type: 'string',
  pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$',
  description: 'A UUID in lower case.',
  examples: ['01890000-0000-7000-8000-000000000001'],
} as const

/** A moment that JavaScript and Postgres both know: no leap second, and in UTC within four digits of a year. */
export const instant = {
  type: 'string',
  format: 'date-time',
  pattern: '^[12]\\d{3}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:[0-5]\\d(\\.\\d{1,9})?(Z|[+-]\\d\\d:\\d\\d)$',
  description: 'RFC 3339, in the years 1000 to 2999, without leap seconds.',
  examples: ['2026-03-01T12:00:00.000Z'],
} as const

/** A currency. */
export const currency = {
  type: 'string',
  pattern: '^[A-Z]{3}$',
  description: 'ISO 4217.',
  examples: ['USD'],
} as const

/** An amount as it is answered: the largest that a number holds exactly. */
export const amount = {
  type: 'integer',
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Minor units of the currency.',
  examples: [1250],
} as const

/**
 * The form of an answer. It is open, so that a field can be added without breaking anyone.
 * @param title its name in the documents @param optional fields that may be absent
 */
export const answerSchema = <Fields extends Record<string, object>>(
  title: string,
  properties: Fields,
  optional: readonly (keyof Fields & string)[] = [],
) => ({
  title,
  type: 'object',
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  properties,
})

/** A page of a list; see `pageOf`. */
export const pageSchema = (item: { title: string }) =>
  answerSchema(
    `${item.title}Page`,
    {
      items: { type: 'array', maxItems: 100, items: item },
      nextCursor: {
        type: 'string',
        description: 'Send it as `cursor` for the next page; absent on the last.',
      },
    },
    ['nextCursor'],
  )
