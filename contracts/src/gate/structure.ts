import { isDeepStrictEqual } from 'node:util'
import { changesBetween, type Change } from './changes.js'
import {
  consumersOf,
  EVERY_SERVICE,
  idOf,
  instead,
  readsOf,
  same,
  shown,
  titleOf,
  whoBreaks,
  type Contract,
  type Contracts,
  type Recorded,
  type Verdict,
} from './model.js'
import { dotted, subset, type Schema } from './schema.js'
import { writerOf } from './validator.js'
import { candidatesFor, firstRefused, type Proof, type Sides } from './witness.js'

const WIDENED = new Set<Change['kind']>(['values added', 'range widened'])
const GONE = new Set<Change['kind']>(['field removed', 'field renamed'])

interface Reading {
  service: string
  reads: readonly string[]
  fields: readonly string[]
}

/** Searches both ways: new events for old readers, and old events for readers of today. */
function proofFor(change: Change, sides: Sides, read: (schema: Schema) => Schema): Proof | undefined {
  const { before, after } = sides
  const forward = { age: 'new' as const, writer: after, reader: read(before) }
  const backward = { age: 'old' as const, writer: before, reader: read(after) }
  return (
    firstRefused(change, candidatesFor(change, sides, after), forward) ??
    firstRefused(change, candidatesFor(change, sides, before), backward)
  )
}

/** The proof for whoever replays the topic, consumer or not: a field that is gone is refused as unknown. */
function proofForAll(change: Change, sides: Sides): Proof | undefined {
  const whole = proofFor(change, sides, (schema) => schema)
  if (whole || !GONE.has(change.kind)) return whole
  const backward = { age: 'old' as const, writer: sides.before, reader: writerOf(sides.after) }
  return firstRefused(change, candidatesFor(change, sides, sides.before), backward)
}

function readingsOf(change: Change, contract: Contract, sides: Sides, contracts: Contracts): Reading[] {
  return consumersOf(contract, contracts.consumers)
    .map((consumer) => ({
      service: consumer.service,
      reads: readsOf(consumer, contract.version, sides.before, dotted(change.path)),
      fields: readsOf(consumer, contract.version, sides.before),
    }))
    .filter(({ reads }) => reads.length > 0)
}

const passed = (contract: Contract, { kind, text }: Change): Verdict => ({
  contract: titleOf(contract),
  kind,
  compatible: true,
  breaks: [],
  text: `${titleOf(contract)}: your change ${text}; nobody breaks`,
})

function judge(change: Change, contract: Contract, sides: Sides, contracts: Contracts): Verdict {
  const readings = readingsOf(change, contract, sides, contracts)
  if (change.kind === 'field added' || (WIDENED.has(change.kind) && readings.length === 0))
    return passed(contract, change)
  const proven = readings.flatMap((reading) => {
    const proof = proofFor(change, sides, (schema) => subset(schema, reading.fields))
    return proof ? [{ reading, proof }] : []
  })
  const broken = proven.length > 0 ? proven.map(({ reading }) => reading) : readings
  const breaks = broken.map(({ service, reads }) => ({ service, reads }))
  const proof = proven[0]?.proof ?? proofForAll(change, sides)
  const event = proof ? shown(proof.event) : '(no event was found that shows it)'
  return {
    contract: titleOf(contract),
    kind: change.kind,
    compatible: false,
    breaks,
    ...(proof && { proof }),
    text: `${titleOf(contract)}: your change ${change.text}: ${whoBreaks(breaks, proof?.age)}: ${event}; ${instead(contract)}`,
  }
}

/** Data of the golden examples of a contract; for the headers, the headers of all examples. */
function goldenOf(contract: Contract, { examples }: Contracts): unknown[] {
  if (contract.service !== EVERY_SERVICE)
    return Object.values(examples[idOf(contract)] ?? {}).map(({ data }) => data)
  return Object.values(examples).flatMap((some) =>
    Object.values(some)
      .slice(0, 1)
      .map(({ headers }) => headers),
  )
}

function against(recorded: Recorded, contract: Contract, contracts: Contracts): Verdict[] {
  const golden = goldenOf(contract, contracts).slice(0, 5)
  const seen = new Set<string>()
  return recorded.revisions.toReversed().flatMap((before, age) => {
    if (isDeepStrictEqual(before, contract.schema)) return []
    const sides = { before, after: contract.schema, golden }
    return changesBetween(before, contract.schema).flatMap((change) => {
      const place = `${change.kind} ${dotted(change.path)}`
      // What was widened with nobody reading it, and accepted, is no change for who reads it since.
      const accepted = age > 0 && (WIDENED.has(change.kind) || change.kind === 'field added')
      if (accepted || seen.has(place)) return []
      seen.add(place)
      return [judge(change, contract, sides, contracts)]
    })
  })
}

/** Compares each contract with every revision that was ever accepted, in both directions. */
export const structureVerdicts = (contracts: Contracts): Verdict[] =>
  contracts.history.flatMap((recorded) => {
    const contract = contracts.current.find((one) => same(one, recorded))
    return contract ? against(recorded, contract, contracts) : []
  })
