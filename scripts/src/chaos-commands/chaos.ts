import type { Command } from 'commander'
import { idsOf } from '../audit-commands/audit.js'
import { chaos, planFor, type ChaosReport } from '../chaos/chaos.js'
import { lineOf } from '../chaos/plan.js'
import { runIn } from '../client.js'
import { wholeNumber } from '../numbers.js'
import { settingsFor, withHome, type HomeOptions } from '../stack-commands/options.js'

interface Options extends HomeOptions {
  readonly seed: number
  readonly orders: number
  readonly faults: number
  readonly rest: number
  readonly json?: boolean
  readonly yes?: boolean
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
/** Beside the report, which may be JSON. */
const onProgress = (line: string) => console.error(line)

function print({ seed, acknowledged, faults, loadMs, restMs, findings }: ChaosReport, again: string): void {
  const broken = findings.filter((finding) => finding.broken > 0)
  for (const finding of broken) {
    console.log(`BROKEN  ${finding.what}`)
    console.log(idsOf(finding).join('\n'))
  }
  console.log(`Seed ${seed}: ${acknowledged} orders and ${faults.length} faults in ${seconds(loadMs)}.`)
  console.log(`Everything had come to its end ${seconds(restMs)} after the last of them.`)
  console.log(
    broken.length === 0 ? 'Nothing is lost, doubled or stuck.' : `${broken.length} checks are broken.`,
  )
  console.log(`To repeat it: ${again}`)
}

/** `chorus chaos`: exit code 0 when the audit finds nothing, else 1. */
export function registerChaos(program: Command): void {
  withHome(program.command('chaos'))
    .description('place orders, kill and stop every part meanwhile, break the gateway, then audit')
    .option('--seed <n>', 'decides which faults, and in which order', wholeNumber, 1)
    .option('--orders <n>', 'how many', wholeNumber, 500)
    .option('--faults <n>', 'how many', wholeNumber, 20)
    .option('--rest <seconds>', 'how long it may take until everything has come to its end', wholeNumber, 60)
    .option('--yes', 'do it; without it, only show the faults')
    .option('--json', 'as JSON')
    .action(async (options: Options) => {
      const run = runIn(settingsFor(options).home)
      const { seed, orders, faults, rest, json } = options
      if (!options.yes) {
        const plan = planFor(run, options)
        if (json) console.log(JSON.stringify({ dryRun: true, faults: plan }, null, 2))
        else
          console.log(
            [...plan.map(lineOf), 'Nothing was done: this is what would be. To do it: --yes'].join('\n'),
          )
        return
      }
      const report = await chaos(run, { seed, orders, faults, restMs: rest * 1000, onProgress })
      process.exitCode = report.findings.some(({ broken }) => broken > 0) ? 1 : 0
      if (json) console.log(JSON.stringify(report, null, 2))
      else print(report, `npx chorus chaos --seed ${seed} --orders ${orders} --faults ${faults} --yes`)
    })
}
