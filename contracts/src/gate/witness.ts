import { partAt, dotted, touches, type Schema } from './schema.js'
import type { Change } from './changes.js'
import { shaped, valueAt, valuesAround, withValue } from './samples.js'
import { faultsOf, isWritable, writerOf } from './validator.js'

/** A concrete event that its writer may write and a reader refuses: the proof that a change breaks. */
export interface Proof {
  /** The data of the event; its headers, when the contract is that of the headers. */
  event: unknown
  /** What the reader meets, when upcasters lift the event first. */
  read?: unknown
  /** `new`: what the changed producer sends. `old`: what lies on the topic already. */
  age: 'new' | 'old'
  /** The schema that the event is valid under, strictly. */
  writer: Schema
  /** The schema that refuses it. */
  reader: Schema
  /** Where and why the reader refuses it. */
  refusal: string
}

/** Both sides of a change, and events that are known to be real. */
export interface Sides {
  before: Schema
  after: Schema
  /** The data of golden examples. */
  golden: readonly unknown[]
}

/** Golden examples made to fit the writer, so that a candidate differs from a good event at one place only. */
function bases(writer: Schema, golden: readonly unknown[]): unknown[] {
  const seeds = golden.length > 0 ? golden : [undefined]
  return [false, true].flatMap((full) => seeds.map((seed) => shaped(writer, seed, full)))
}

const length = (event: unknown) => JSON.stringify(event).length

/** Events that differ from a good one at the place of the change only; the shortest first, since people read them. */
export function candidatesFor({ path }: Change, { before, after, golden }: Sides, writer: Schema): unknown[] {
  const field = dotted(path)
  const part = (schema: Schema) => (field === '' ? schema : (partAt(schema, field) ?? {}))
  const all = bases(writer, golden).flatMap((base) => {
    const near = valueAt(base, path)
    const changed = near === undefined ? [] : [undefined, ...valuesAround(part(before), part(after), near)]
    return [base, ...changed.map((value) => withValue(base, path, value))]
  })
  return all.filter((event) => isWritable(writer, event)).sort((a, b) => length(a) - length(b))
}

function refusalOf(change: Change, reader: Schema, event: unknown): string | undefined {
  const place = dotted(change.path)
  const fault = faultsOf(reader, event).find(({ path }) => place === '' || touches(dotted(path), place))
  return fault && `${dotted(fault.path) || 'the event'} ${fault.rule}`
}

/** The first candidate that a reader refuses at the place of the change. */
export function firstRefused(
  change: Change,
  candidates: readonly unknown[],
  side: Pick<Proof, 'age' | 'writer' | 'reader'>,
): Proof | undefined {
  for (const event of candidates) {
    const refusal = refusalOf(change, side.reader, event)
    if (refusal !== undefined) return { event, refusal, ...side, writer: writerOf(side.writer) }
  }
  return undefined
}
