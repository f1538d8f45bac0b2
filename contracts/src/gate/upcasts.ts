import { idOf, same, titleOf, type Consumer, type Contract, type Contracts, type Verdict } from './model.js'
import { shaped } from './samples.js'
import { dotted, subset, type Schema } from './schema.js'
import { faultsOf, writerOf } from './validator.js'

type Lift = (data: unknown) => unknown

/** Old events as they may lie on the topic: the golden ones, and ones made from each revision. */
function oldEvents(old: Contract, { history, examples }: Contracts): { event: unknown; writer: Schema }[] {
  const golden = Object.values(examples[idOf(old)] ?? {}).map(({ data }) => data)
  const revisions = history.filter((one) => same(one, old)).flatMap((one) => one.revisions)
  return [...revisions, old.schema].flatMap((writer) =>
    [undefined, ...golden].flatMap((seed) =>
      [false, true].map((full) => ({ event: shaped(writer, seed, full), writer })),
    ),
  )
}

function liftOf(old: Contract, to: number, { upcasters = {} }: Contracts): Lift | string {
  const names = Array.from({ length: to - old.version }, (_, i) => `${old.type}:${old.version + i}`)
  const missing = names.find((name) => !upcasters[name])
  if (missing) return missing
  return (data) => names.reduce((event, name) => (upcasters[name] as Lift)(event), data)
}

/** What a reader meets after the upcasters, and why it refuses that. */
function outcome(lift: Lift, event: unknown, reader: Schema): { read: unknown; refusal?: string } {
  try {
    const read = lift(structuredClone(event))
    const [fault] = faultsOf(reader, read)
    return { read, ...(fault && { refusal: `${dotted(fault.path) || 'the event'} ${fault.rule}` }) }
  } catch (error) {
    return { read: undefined, refusal: `the upcaster throws "${(error as Error).message}"` }
  }
}

function verdictOn(
  old: Contract,
  { service, version, fields }: Consumer,
  text: string,
): Omit<Verdict, 'kind'> {
  const contract = titleOf(old)
  const who = `${contract}: ${service} reads ${fields.join(', ')} of ${old.type} as v${version}`
  return {
    contract,
    compatible: false,
    breaks: [{ service, reads: fields }],
    text: `${who}, ${text} (docs/contracts.md)`,
  }
}

function readable(old: Contract, consumer: Consumer, contracts: Contracts): Verdict[] {
  const target = contracts.current.find((one) => same(one, consumer))
  if (!target) return []
  const lift = liftOf(old, consumer.version, contracts)
  if (typeof lift === 'string') {
    const text = `and nothing lifts old events to it; add an upcaster "${lift}" to contracts/src/upcasters.ts`
    return [{ ...verdictOn(old, consumer, text), kind: 'upcaster missing' }]
  }
  const reader = subset(target.schema, consumer.fields)
  for (const { event, writer } of oldEvents(old, contracts)) {
    const { read, refusal } = outcome(lift, event, reader)
    if (refusal === undefined) continue
    const text = `and breaks on this event, which may lie on the topic already (${refusal}): ${JSON.stringify(event)}; mend the upcaster`
    const proof = { event, read, writer: writerOf(writer), reader, refusal, age: 'old' as const }
    return [{ ...verdictOn(old, consumer, text), kind: 'upcaster wrong', proof }]
  }
  return []
}

/** Consumers of a newer version that cannot read an older one through the upcasters. */
export const upcastVerdicts = (contracts: Contracts): Verdict[] =>
  contracts.consumers.flatMap((consumer) =>
    contracts.current
      .filter(({ type, version }) => type === consumer.type && version < consumer.version)
      .flatMap((old) => readable(old, consumer, contracts)),
  )
