import {
  EVERY_SERVICE,
  hashOf,
  idOf,
  same,
  titleOf,
  type AgreementKind,
  type Contract,
  type Contracts,
  type Example,
  type Verdict,
} from './model.js'
import type { Schema } from './schema.js'
import { faultsOf, isWritable } from './validator.js'

function verdict(contract: Parameters<typeof titleOf>[0], kind: AgreementKind, text: string): Verdict {
  const title = titleOf(contract)
  return {
    contract: title,
    kind,
    compatible: false,
    breaks: [],
    text: `${title}: ${text} (docs/contracts.md)`,
  }
}

function kept({ history, examples }: Contracts): Verdict[] {
  return history.flatMap((recorded) =>
    Object.entries(recorded.examples).flatMap(([name, hash]) => {
      const example = examples[idOf(recorded)]?.[name]
      if (example && hashOf(example) === hash) return []
      const [kind, word] = example
        ? (['example edited', 'edits'] as const)
        : (['example deleted', 'deletes'] as const)
      const text = `your change ${word} the golden example "${name}", which tells what lies on the topic; put it back and add another one beside it`
      return [verdict(recorded, kind, text)]
    }),
  )
}

const revisionsOf = (contract: Contract, { history }: Contracts): Schema[] => [
  ...history.filter((one) => same(one, contract)).flatMap(({ revisions }) => revisions),
  contract.schema,
]

function troubleOf(example: Example, contract: Contract, contracts: Contracts): string | undefined {
  const schemas = revisionsOf(contract, contracts)
  const { key, subject } = schemas[0]!['x-chorus'] ?? {}
  const data = example.data as Record<string, unknown>
  const { headers } = example
  if (!schemas.some((schema) => isWritable(schema, data)))
    return `its data breaks the schema: ${faultsOf(contract.schema, data)[0]?.rule ?? 'it has unknown fields'}`
  if (example.key !== data[String(key)]) return `its key is not its ${key}`
  if (headers['ce_subject'] !== data[String(subject)]) return `its ce_subject is not its ${subject}`
  if (headers['ce_type'] !== contract.type) return `its ce_type is not ${contract.type}`
  if (headers['ce_dataschema'] !== contract.schema.$id)
    return `its ce_dataschema is not ${contract.schema.$id}`
  const envelope = contracts.current.find(({ service }) => service === EVERY_SERVICE)
  const envelopes = envelope ? revisionsOf(envelope, contracts) : []
  const heads = envelopes.some((schema) => faultsOf(schema, headers).length === 0)
  return heads || !envelope ? undefined : `its headers break envelope.schema.json`
}

function sound(contract: Contract, contracts: Contracts): Verdict[] {
  const examples = Object.entries(contracts.examples[idOf(contract)] ?? {})
  const recorded = contracts.history.find((one) => same(one, contract))
  if (examples.length === 0 && Object.keys(recorded?.examples ?? {}).length === 0) {
    const text = `it has no golden example; add one as contracts/examples/${idOf(contract)}/plain.json`
    return [verdict(contract, 'example missing', text)]
  }
  return examples.flatMap(([name, example]) => {
    const trouble = troubleOf(example, contract, contracts)
    return trouble
      ? [verdict(contract, 'example invalid', `the golden example "${name}" is no such event: ${trouble}`)]
      : []
  })
}

/** Golden examples that were changed or are gone, are missing, or are no events of their contract. */
export const goldenVerdicts = (contracts: Contracts): Verdict[] => [
  ...kept(contracts),
  ...contracts.current
    .filter(({ service }) => service !== EVERY_SERVICE)
    .flatMap((contract) => sound(contract, contracts)),
]
