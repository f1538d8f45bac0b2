import { isDeepStrictEqual } from 'node:util'

/** The schemas with a title that a document refers to. */
export class NamedSchemas {
  readonly schemas: Record<string, unknown> = {}

  /**
   * The same schema, with every titled one in it replaced by a reference to its component.
   * @throws Error when two different schemas have one title
   */
  refer(node: unknown): unknown {
    if (Array.isArray(node)) return node.map((item) => this.refer(item))
    if (node === null || typeof node !== 'object') return node
    const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, this.refer(value)]))
    const { title } = copy
    if (typeof title !== 'string') return copy
    if (this.schemas[title] && !isDeepStrictEqual(this.schemas[title], copy))
      throw new Error(`two schemas have the title ${title}`)
    this.schemas[title] = copy
    return { $ref: `#/components/schemas/${title}` }
  }
}
