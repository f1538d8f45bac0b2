import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import {
  accepted,
  breaking,
  kinds,
  readContracts,
  tableOf,
  withTable,
  workTree,
} from '@chorus/contracts/gate'
import { loadSettings } from '@chorus/stack'
import type { Command } from 'commander'
import { accept, judge, type Outcome } from './gate.js'
import { topologyText } from './topology.js'

const root = () => loadSettings().repo

/** `chorus contracts`: nothing needs to run. */
export function registerContracts(program: Command): void {
  const contracts = program.command('contracts').description('the compatibility gate of the event contracts')
  contracts
    .command('check')
    .description(
      'say who a change of the contracts breaks, and on which event; exit code 1 when somebody does',
    )
    .option('--against <ref>', 'compare with this commit too')
    .option('--json', 'as JSON')
    .action(({ against, json }: { against?: string; json?: boolean }) => {
      const outcome = judge(root(), against)
      if (json) console.log(JSON.stringify(report(outcome), null, 2))
      else print(outcome)
      process.exitCode = breaking(outcome.verdicts).length > 0 ? 1 : 0
    })
  contracts
    .command('accept')
    .description('record compatible changes in contracts/history, for ever')
    .action(acceptAndSay)
  contracts
    .command('table')
    .description('write the table of the kinds of change in docs/contracts.md')
    .action(() => {
      const file = path.join(root(), 'docs/contracts.md')
      const table = tableOf(kinds, accepted(readContracts(workTree(root()))))
      writeFileSync(file, withTable(readFileSync(file, 'utf8'), table))
      console.log('docs/contracts.md has the table of today.')
    })
  contracts
    .command('topology')
    .description('write who emits and hears what, and what must follow, to contracts/topology.json')
    .action(() => {
      writeFileSync(path.join(root(), 'contracts/topology.json'), topologyText())
      console.log('contracts/topology.json says what the services declare; npm run build takes it up.')
    })
}

function acceptAndSay(): void {
  const titles = accept(root())
  if (titles?.length === 0) console.log('Everything is accepted already.')
  else if (titles) for (const title of titles) console.log(`Accepted: ${title}`)
  else {
    print(judge(root()))
    console.error('Nothing was accepted.')
    process.exitCode = 1
  }
}

function report({ verdicts, pending }: Outcome): object {
  const said = verdicts.map(({ proof, ...verdict }) => {
    if (!proof) return verdict
    const { event, age, refusal } = proof
    return { ...verdict, proof: { event, age, refusal } }
  })
  return { compatible: breaking(verdicts).length === 0, verdicts: said, notAcceptedYet: pending }
}

function print({ contracts, verdicts, pending }: Outcome): void {
  for (const { text } of verdicts) console.log(`${text}\n`)
  const broken = breaking(verdicts).length
  const size = `${contracts.current.length} contracts, ${contracts.consumers.length} consumers of them`
  console.log(broken > 0 ? `${size}: ${broken} break${broken > 1 ? '' : 's'}.` : `${size}: nothing breaks.`)
  if (broken > 0 || pending.length === 0) return
  console.log(`Not accepted yet: ${pending.join(', ')}.\nTo accept: npx chorus contracts accept`)
}
