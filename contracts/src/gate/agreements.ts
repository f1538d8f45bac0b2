import {
  consumersOf,
  EVERY_SERVICE,
  idOf,
  instead,
  same,
  titleOf,
  type AgreementKind,
  type Contract,
  type Contracts,
  type Recorded,
  type Verdict,
} from './model.js'
import { partAt, type Agreement } from './schema.js'

const topicOf = (service: string) =>
  service === EVERY_SERVICE ? 'every topic' : `the topic ${service}.events`

function breach(recorded: Recorded, kind: AgreementKind, text: string, contracts: Contracts): Verdict {
  const contract: Contract = { ...recorded, schema: recorded.revisions.at(-1) ?? {} }
  const hearing = new Set(consumersOf(contract, contracts.consumers).map(({ service }) => service))
  const breaks = [...hearing].map((service) => ({ service, reads: [] }))
  const who =
    breaks.length > 0
      ? `${[...hearing].join(' and ')} break${breaks.length > 1 ? '' : 's'}`
      : 'no consumer of today hears it, but it breaks the contract for those who will replay the topic'
  const [example] = Object.values(contracts.examples[idOf(recorded)] ?? {})
  const event = example ? ` on this event: ${JSON.stringify(example.data)}` : ''
  const title = titleOf(recorded)
  return {
    contract: title,
    kind,
    compatible: false,
    breaks,
    text: `${title}: your change ${text}: ${who}${event}; `,
  }
}

const ending = (verdict: Verdict, end: string): Verdict => ({ ...verdict, text: verdict.text + end })

function removed(recorded: Recorded, contracts: Contracts): Verdict {
  const text = `removes it, while its events stay on ${topicOf(recorded.service)} for ever`
  return ending(
    breach(recorded, 'event removed', text, contracts),
    'keep its schema as long as the topic (docs/contracts.md)',
  )
}

function moved(recorded: Recorded, contract: Contract, contracts: Contracts): Verdict[] {
  if (recorded.service === contract.service) return []
  const text = `moves it from ${topicOf(recorded.service)} to ${topicOf(contract.service)}`
  const end = `put it back, or let ${contract.service} emit a new event (docs/contracts.md)`
  return [ending(breach(recorded, 'topic moved', text, contracts), end)]
}

function reagreed(recorded: Recorded, contract: Contract, contracts: Contracts): Verdict[] {
  const now = contract.schema['x-chorus']
  return (['aggregate', 'key', 'subject'] as const satisfies (keyof Agreement)[]).flatMap((word) => {
    const old = recorded.revisions.map((revision) => revision['x-chorus']?.[word])
    const other = old.find((value) => value !== now?.[word])
    if (other === undefined) return []
    const text = `changes the ${word} from ${other} to ${now?.[word] ?? 'none'}`
    return [ending(breach(recorded, `${word} changed`, text, contracts), instead(contract))]
  })
}

/** Events that are gone, or whose topic, key, subject or aggregate is another one. */
export const agreementVerdicts = (contracts: Contracts): Verdict[] =>
  contracts.history.flatMap((recorded) => {
    const contract = contracts.current.find((one) => same(one, recorded))
    if (!contract) return [removed(recorded, contracts)]
    return [...moved(recorded, contract, contracts), ...reagreed(recorded, contract, contracts)]
  })

/** Consumers that declare to read what no contract has, and had: a slip of the pen. */
export function needVerdicts({ current, history, consumers }: Contracts): Verdict[] {
  return consumers.flatMap((consumer) => {
    const { service, type, version, fields } = consumer
    const schemas = [
      ...current.filter((one) => same(one, consumer)).map(({ schema }) => schema),
      ...history.filter((one) => same(one, consumer)).flatMap(({ revisions }) => revisions),
    ]
    const unknown = fields.filter((field) => !schemas.some((schema) => partAt(schema, field)))
    if (schemas.length > 0 && unknown.length === 0) return []
    const what = schemas.length > 0 ? `"${unknown.join('", "')}" of ` : ''
    const text = `${service} declares that it reads ${what}${type} v${version}, which no contract has; correct its needs (docs/contracts.md)`
    const contract = `${type} v${version}`
    return [
      {
        contract,
        kind: 'need unknown' as const,
        compatible: false,
        breaks: [{ service, reads: unknown }],
        text,
      },
    ]
  })
}
