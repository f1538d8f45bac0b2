import fc, { type Arbitrary } from 'fast-check'

/** A JSON Schema, as far as the documents use it. */
export type Schema = Record<string, unknown> & { properties?: Record<string, Schema>; items?: Schema }

// prettier-ignore
const ODD_TEXTS = [
  '', ' ', '\0', 'a\0b', '\u{1F600}', '\ud800', 'a\udfff\ud800', '\u202e\ufeff', 'e\u0301', "'; --", '\r\n',
  '%00', '../..', '__proto__', 'constructor', 'null', '-0', '1e999', 'NaN', 'x'.repeat(300),
]
const ODD_NUMBERS = [0, -0, -1, 1.5, 1e-7, 2 ** 31, -(2 ** 31), 2 ** 53, 2 ** 63, 1e21, 1e300, -1e300]
// prettier-ignore
const ODD_TIMES = [
  '0000-01-01T00:00:00Z', '0001-01-01T00:00:00+23:59', '9999-12-31T23:59:59-23:59', '2026-12-31T23:59:60Z',
  '2026-01-01 00:00:00Z', '2026-01-01t00:00:00z', '2026-01-01T00:00:00+05', '2026-01-01T00:00:00+0530',
  '2024-02-29T00:00:00Z', '2026-01-01T00:00:00.123456789Z', '2026-01-01T23:59:59.9999999-00:00',
]
/** Cursors are made of these: a forged one must not do harm. */
const FORGED = ['2026-01-01T00:00:00.000Z', '1', '2026', '-000001-01-01T00:00:00Z', '+275760-09-13T00:00:00Z']
const NO_IDS = ['-'.repeat(36), 'f'.repeat(36), '01890000-0000-7000-8000-000000000001']

/** Mostly the one, now and then the other. */
export const sometimes = <T>(often: Arbitrary<T>, seldom: Arbitrary<T>): Arbitrary<T> =>
  fc.oneof({ weight: 6, arbitrary: often }, { weight: 1, arbitrary: seldom })

const forgedCursor = fc
  .tuple(fc.constantFrom(...FORGED), fc.constantFrom(...NO_IDS))
  .map((parts) => Buffer.from(parts.join(' ')).toString('base64url'))

/** Texts that break what is built on good faith. */
export const oddText = fc.oneof(
  fc.constantFrom(...ODD_TEXTS),
  forgedCursor,
  fc.uuid().map((id) => `urn:uuid:${id}`),
  fc.uuid().map((id) => id.toUpperCase()),
  fc.string({ unit: 'binary' }),
)

/** Any JSON value, odd ones above all. */
export const junk: Arbitrary<unknown> = fc.oneof(
  oddText,
  fc.constantFrom(...ODD_NUMBERS),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
  fc.jsonValue({ maxDepth: 3 }),
)

const time = sometimes(
  fc.integer({ min: 1_500_000_000, max: 2_500_000_000 }).map((s) => new Date(s * 1000).toISOString()),
  fc.constantFrom(...ODD_TIMES),
)

function integer({ minimum = 0, maximum = 1000 }: { minimum?: number; maximum?: number }) {
  const small = fc.integer({ min: Math.max(minimum, -1000), max: Math.min(maximum, 1000) })
  return sometimes(small, fc.constantFrom(minimum, maximum))
}

/** Makes values from the schemas of a document. */
export class Values {
  constructor(
    private readonly named: Record<string, Schema>,
    /** Ids that were answered before, so that some requests find something; it may grow. */
    private readonly ids: readonly string[],
  ) {}

  /** A value that the schema allows, or nearly: some of what a schema can say is left to the service. */
  good(given: Schema): Arbitrary<unknown> {
    const schema = this.resolved(given)
    if (schema.enum) return fc.constantFrom(...(schema.enum as unknown[]))
    if (schema.format === 'date-time') return time
    if (typeof schema.pattern === 'string') return this.matching(schema.pattern)
    if (schema.type === 'integer') return integer(schema as { minimum?: number })
    if (schema.type === 'array') return fc.array(this.good(schema.items!), { minLength: 1, maxLength: 4 })
    if (schema.type === 'object') return this.object(schema, this.good.bind(this))
    const { minLength = 0, maxLength = 200 } = schema as Record<string, number>
    const plain = fc.string({ minLength, maxLength: Math.min(maxLength, 40) })
    return fc.oneof(plain, oddText, fc.string({ unit: 'binary', minLength, maxLength }))
  }

  /** A value with something wrong, at any depth. */
  broken(given: Schema): Arbitrary<unknown> {
    const { properties, items, ...schema } = this.resolved(given)
    if (items) return fc.oneof(junk, fc.array(this.broken(items), { maxLength: 60 }))
    if (!properties) return junk
    const good = this.object({ ...schema, properties }, this.good.bind(this))
    const field = fc.constantFrom(...Object.keys(properties))
    return fc.oneof(
      junk,
      fc.tuple(good, field).map(([value, name]) => ({ ...value, [name]: undefined })),
      fc.tuple(good, oddText, junk).map(([value, name, extra]) => ({ ...value, [name]: extra })),
      ...Object.entries(properties).map(([name, inner]) =>
        fc.tuple(good, this.broken(inner)).map(([value, wrong]) => ({ ...value, [name]: wrong })),
      ),
    )
  }

  private resolved(schema: Schema): Schema {
    return typeof schema.$ref === 'string' ? this.named[schema.$ref.split('/').at(-1)!]! : schema
  }

  private matching(pattern: string): Arbitrary<string> {
    const made = fc.stringMatching(new RegExp(pattern))
    if (!pattern.startsWith('^[0-9a-f]{8}')) return made
    return sometimes(
      fc.nat().map((n) => this.ids[n % this.ids.length]!),
      made,
    )
  }

  private object(schema: Schema, make: (schema: Schema) => Arbitrary<unknown>) {
    const fields = Object.entries(schema.properties ?? {}).map(([name, inner]) => [name, make(inner)])
    const values = Object.fromEntries(fields) as Record<string, Arbitrary<unknown>>
    return fc.record(values, { requiredKeys: (schema.required as string[] | undefined) ?? [] })
  }
}
