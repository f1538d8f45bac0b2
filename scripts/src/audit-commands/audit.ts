import { readFileSync } from 'node:fs'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { auditAddresses } from '../audit/addresses.js'
import { untilAtRest } from '../audit/at-rest.js'
import { audit } from '../audit/audit.js'
import { MOST_IDS, type Finding } from '../audit/finding.js'
import { runIn } from '../client.js'
import { wholeNumber } from '../numbers.js'
import { settingsFor, withHome, type HomeOptions } from '../stack-commands/options.js'
import { prove } from './prove.js'

interface Options extends HomeOptions {
  readonly acknowledged?: string
  readonly since?: Date
  readonly skip?: 'topics'
  readonly wait?: number
  /** Part of the name of a fault, or true for all. */
  readonly prove?: string | true
  readonly json?: boolean
}

function instant(text: string): Date {
  const at = new Date(text)
  if (Number.isNaN(at.getTime()))
    throw new InvalidArgumentError('It must be a time like 2026-01-31T12:00:00Z.')
  return at
}

const lineOf = ({ invariant, what, looked, broken }: Finding) =>
  `${String(invariant).padStart(2)}  ${broken === 0 ? 'holds ' : 'BROKEN'}  ${String(looked).padStart(9)}  ${what}`

/** A line for each id that a finding names. */
export function idsOf({ broken, ids }: Finding): string[] {
  const more = broken > ids.length ? [`... ${broken} in all; the first ${MOST_IDS} are shown`] : []
  return [...ids, ...more].map((id) => `      ${id}`)
}

function print(findings: readonly Finding[], ms: number): void {
  console.log('         looked at')
  for (const finding of findings) console.log([lineOf(finding), ...idsOf(finding)].join('\n'))
  const broken = findings.filter((finding) => finding.broken > 0).length
  const verdict = broken === 0 ? 'All hold' : `${broken} of them ${broken === 1 ? 'is' : 'are'} broken`
  console.log(`\n${findings.length} checks in ${(ms / 1000).toFixed(1)} s. ${verdict}.`)
}

async function auditAndSay(options: Options): Promise<void> {
  const addresses = auditAddresses(runIn(settingsFor(options).home))
  const { acknowledged, since, skip, wait, json } = options
  const lines = acknowledged === undefined ? '' : readFileSync(acknowledged, 'utf8')
  if (wait !== undefined) await untilAtRest(addresses, wait * 1000)
  const startedAt = Date.now()
  const findings = await audit(addresses, {
    acknowledged: lines.split('\n').filter((line) => line.trim() !== ''),
    ...(since && { since }),
    skipTopics: skip === 'topics',
    onProgress: (what) => {
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what.slice(0, process.stderr.columns - 1)}`)
    },
  })
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  if (json)
    console.log(JSON.stringify({ holds: findings.every(({ broken }) => broken === 0), findings }, null, 2))
  else print(findings, Date.now() - startedAt)
  process.exitCode = findings.some(({ broken }) => broken > 0) ? 1 : 0
}

/** `chorus audit`: exit code 0 when everything holds, 1 when anything is broken. Changes nothing. */
export function registerAudit(program: Command): void {
  withHome(program.command('audit'))
    .description('look for anything lost, doubled or stuck, in databases, topics and the gateway’s books')
    .option('--wait <seconds>', 'first wait until nothing moves any more, so long at most', wholeNumber)
    .addOption(new Option('--skip <part>', 'leave out what takes longest').choices(['topics']))
    .option(
      '--since <time>',
      'events that were written before are not looked for on topics and in inboxes',
      instant,
    )
    .option('--acknowledged <file>', 'ids of orders that clients were told of, one a line: each must exist')
    .addOption(
      new Option(
        '--prove [part]',
        'put faults into the code of a system of its own, and see that each is found (5 minutes); only those whose name has this part',
      ).conflicts(['wait', 'skip', 'since', 'acknowledged', 'home']),
    )
    .option('--json', 'as JSON')
    .action((options: Options) =>
      options.prove === undefined
        ? auditAndSay(options)
        : prove(options.prove === true ? '' : options.prove, options.json ?? false),
    )
}
