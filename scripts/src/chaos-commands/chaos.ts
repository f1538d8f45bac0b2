import type { Command } from 'commander'
import { idsOf } from '../audit-commands/audit.js'
import { chaos, planFor, type ChaosReport } from '../chaos/chaos.js'
import { lineOf, type Planned } from '../chaos/plan.js'
import { runIn } from '../client.js'
import { percent, wholeNumber } from '../numbers.js'
import { settingsFor, withHome, type HomeOptions } from '../stack-commands/options.js'

interface Options extends HomeOptions {
  readonly seed: number
  readonly orders: number
  readonly faults: number
  readonly rest: number
  readonly duplicates: number
  readonly shuffles: number
  readonly poison: number
  readonly json?: boolean
  readonly yes?: boolean
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
/** Beside the report, which may be JSON. */
const onProgress = (line: string) => console.error(line)

const sharesLine = ({ duplicates, shuffles, poison }: Options) =>
  `meanwhile: ${duplicates} % of all messages again at once, ${shuffles} % again later in another order, ${poison} % followed by poison`

/** How often each kind of fault was inflicted, each kind of message was sent. */
function whatWasDone({ faults, missed, meddled }: ChaosReport): string[] {
  const kinds = [...new Set(faults.map(({ kind }) => kind))].toSorted()
  const counts = kinds.map((kind) => `${faults.filter((fault) => fault.kind === kind).length} ${kind}`)
  const { duplicates, shuffled, poisoned } = meddled
  return [
    `Faults: ${counts.join(', ')}.`,
    ...missed.map((line) => `Missed: ${line}`),
    `${duplicates} messages came again at once, ${shuffled} later in another order, ${poisoned.length} were poison.`,
  ]
}

function print(report: ChaosReport, again: string): void {
  const { seed, acknowledged, faults, loadMs, restMs, findings } = report
  const broken = findings.filter((finding) => finding.broken > 0)
  for (const finding of broken) {
    console.log(`BROKEN  ${finding.what}`)
    console.log(idsOf(finding).join('\n'))
  }
  console.log(`Seed ${seed}: ${acknowledged} orders and ${faults.length} faults in ${seconds(loadMs)}.`)
  console.log(whatWasDone(report).join('\n'))
  console.log(`Everything had come to its end ${seconds(restMs)} after the last of them.`)
  console.log(
    broken.length === 0 ? 'Nothing is lost, doubled or stuck.' : `${broken.length} checks are broken.`,
  )
  console.log(`To repeat it: ${again}`)
}

function show(plan: readonly Planned[], options: Options): void {
  const { duplicates, shuffles, poison, json } = options
  const meddling = { duplicates, shuffles, poison }
  if (json) return console.log(JSON.stringify({ dryRun: true, faults: plan, meddling }, null, 2))
  const end = 'Nothing was done: this is what would be. To do it: --yes'
  const lines = plan.map((fault) => `after ${String(fault.after).padStart(5)} orders: ${lineOf(fault)}`)
  console.log([...lines, sharesLine(options), end].join('\n'))
}

/** `chorus chaos`: exit code 0 when the audit finds nothing, else 1. */
export function registerChaos(program: Command): void {
  withHome(program.command('chaos'))
    .description(
      'place orders, meanwhile kill, stop, cut off and hold up every part, send copies and poison, then audit',
    )
    .option('--seed <n>', 'decides which faults, and in which order', wholeNumber, 1)
    .option('--orders <n>', 'how many', wholeNumber, 500)
    .option('--faults <n>', 'how many', wholeNumber, 20)
    .option('--duplicates <percent>', 'of all messages that come again at once', percent, 20)
    .option('--shuffles <percent>', 'that come again later, mixed over keys and topics', percent, 20)
    .option('--poison <percent>', 'that are followed by one of their key that nobody can read', percent, 1)
    .option('--rest <seconds>', 'how long it may take until everything has come to its end', wholeNumber, 60)
    .option('--yes', 'do it; without it, only show the faults')
    .option('--json', 'as JSON')
    .action(async (options: Options) => {
      const run = runIn(settingsFor(options).home)
      if (!options.yes) return show(planFor(run, options), options)
      const { seed, orders, faults, rest, duplicates, shuffles, poison, json } = options
      const meddling = { duplicates, shuffles, poison }
      const report = await chaos(run, { seed, orders, faults, meddling, restMs: rest * 1000, onProgress })
      process.exitCode = report.findings.some(({ broken }) => broken > 0) ? 1 : 0
      const size = { seed, orders, faults, ...meddling }
      const flags = Object.entries(size).map(([name, value]) => `--${name} ${value}`)
      if (json) console.log(JSON.stringify(report, null, 2))
      else print(report, `npx chorus chaos ${flags.join(' ')} --yes`)
    })
}
