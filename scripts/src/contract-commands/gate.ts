import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { upcasters } from '@chorus/contracts'
import {
  breaking,
  checkContracts,
  historyFile,
  historyVerdicts,
  historyWith,
  pendingOf,
  readContracts,
  titleOf,
  workTree,
  type Contracts,
  type Verdict,
} from '@chorus/contracts/gate'
import { describedServices } from '../services.js'
import { commit } from './commit.js'
import { consumersIn } from './consumers.js'

/** What the gate says about the working files. */
export interface Outcome {
  contracts: Contracts
  /** Each said once, the breaking ones first. */
  verdicts: readonly Verdict[]
  /** Titles of contracts with revisions or golden examples that compatible changes made and nobody accepted yet. */
  pending: readonly string[]
}

/** The working contracts, with what the services of today read of them. */
function contractsIn(root: string): Contracts {
  const files = readContracts(workTree(root))
  return { ...files, consumers: consumersIn(describedServices, files.current), upcasters }
}

function since(contracts: Contracts, root: string, ref: string): Verdict[] {
  const past = readContracts(commit(root, ref))
  const history = historyWith({ ...past, consumers: [] })
  return [...historyVerdicts(past.history, contracts.history), ...checkContracts({ ...contracts, history })]
}

/**
 * Judges the working contracts against all that was accepted, and against a commit when one is named.
 * @param root the repository
 * @throws StackError when there is no such commit, Error when a file is no contract
 */
export function judge(root: string, ref?: string): Outcome {
  const contracts = contractsIn(root)
  const all = [...checkContracts(contracts), ...(ref === undefined ? [] : since(contracts, root, ref))]
  const once = [...new Map(all.map((verdict) => [verdict.text, verdict])).values()]
  const passing = once.filter(({ compatible }) => compatible)
  const pending = pendingOf(contracts).map(titleOf)
  return { contracts, verdicts: [...breaking(once), ...passing], pending }
}

/**
 * Records the compatible changes of the working contracts in contracts/history.
 * @returns the titles of the contracts with a new record; undefined, and nothing written, while something breaks
 */
export function accept(root: string): readonly string[] | undefined {
  const { contracts, verdicts } = judge(root)
  if (breaking(verdicts).length > 0) return undefined
  return pendingOf(contracts).map((record) => {
    const file = path.join(root, historyFile(record))
    mkdirSync(path.dirname(file), { recursive: true })
    const { revisions, examples } = record
    writeFileSync(file, `${JSON.stringify({ revisions, examples }, null, 2)}\n`)
    return titleOf(record)
  })
}
