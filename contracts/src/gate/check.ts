import { isDeepStrictEqual } from 'node:util'
import { agreementVerdicts, needVerdicts } from './agreements.js'
import { goldenVerdicts } from './golden.js'
import {
  EVERY_SERVICE,
  hashOf,
  idOf,
  same,
  titleOf,
  type Contract,
  type Contracts,
  type Recorded,
  type Verdict,
} from './model.js'
import { structureVerdicts } from './structure.js'
import { upcastVerdicts } from './upcasts.js'

/** Judges every difference between the contracts and all that was accepted of them. Pure. */
export const checkContracts = (contracts: Contracts): Verdict[] => [
  ...agreementVerdicts(contracts),
  ...structureVerdicts(contracts),
  ...goldenVerdicts(contracts),
  ...needVerdicts(contracts),
  ...upcastVerdicts(contracts),
]

/** The breaking verdicts. */
export const breaking = (verdicts: readonly Verdict[]): Verdict[] =>
  verdicts.filter(({ compatible }) => !compatible)

/** Revisions and golden examples that an older history has and this one lacks: history is only appended to. */
export function historyVerdicts(older: readonly Recorded[], history: readonly Recorded[]): Verdict[] {
  return older.flatMap((past) => {
    const present = history.find((one) => same(one, past))
    const revisions = past.revisions.every((revision, i) =>
      isDeepStrictEqual(revision, present?.revisions[i]),
    )
    const examples = Object.entries(past.examples).every(([name, hash]) => present?.examples[name] === hash)
    if (revisions && examples) return []
    const contract = titleOf(past)
    const text = `${contract}: your change edits its history, which is only appended to; put contracts/history/${idOf(past)}.json back and run npx chorus contracts accept (docs/contracts.md)`
    return [{ contract, kind: 'history edited', compatible: false, breaks: [], text }]
  })
}

function appended(contract: Contract, { history, examples }: Contracts): Recorded {
  const { service, name, type, version, schema } = contract
  const past = history.find((one) => same(one, contract))
  const known = past?.revisions ?? []
  const found = service === EVERY_SERVICE ? {} : (examples[idOf(contract)] ?? {})
  const hashes = Object.entries(found).map(([file, example]) => [file, hashOf(example)])
  return {
    service,
    name,
    type,
    version,
    revisions: isDeepStrictEqual(known.at(-1), schema) ? known : [...known, schema],
    examples: { ...past?.examples, ...(Object.fromEntries(hashes) as Record<string, string>) },
  }
}

/**
 * What history becomes when the contracts as they are now are accepted.
 * @returns the records that are new or longer; nothing when all is accepted already. Ask only when nothing breaks
 */
export function pendingOf(contracts: Contracts): Recorded[] {
  return contracts.current
    .map((contract) => appended(contract, contracts))
    .filter(
      (record) =>
        !isDeepStrictEqual(
          record,
          contracts.history.find((one) => same(one, record)),
        ),
    )
}

/** The whole history when the contracts as they are now are accepted. */
export function historyWith(contracts: Contracts): Recorded[] {
  const pending = pendingOf(contracts)
  return [...contracts.history.filter((past) => !pending.some((one) => same(one, past))), ...pending]
}
