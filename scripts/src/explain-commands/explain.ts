import { topology } from '@chorus/contracts'
import { StackError } from '@chorus/stack'
import {
  factsOf,
  timelineOf,
  whyMissing,
  type Expectation,
  type Hop,
  type Suspect,
  type Timeline,
  type Why,
} from '@chorus/tracker/flow'
import { InvalidArgumentError, type Command } from 'commander'
import { runIn } from '../client.js'
import { settingsFor, withHome, type HomeOptions } from '../stack-commands/options.js'
import { readFlow } from './read-flow.js'
import { suspectOf } from './suspects.js'

/** What is missing, for how long, why, and what to do. */
interface Missing extends Expectation, Why {
  waitedMs: number
  suspect: Suspect
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

function orderId(text: string): string {
  if (!UUID.test(text)) throw new InvalidArgumentError('It must be the id of an order, a UUID.')
  return text
}

/** A time span as people say it. */
export function spanOf(ms: number): string {
  if (ms < 1000) return `${ms} ms`
  const seconds = Math.round(ms / 1000)
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}

const SIGNS = { fact: ' ', refusal: '✗', undo: '↩', end: '■' }

function hopLine({ offsetMs, tookMs, service, type, mark, undoes }: Hop): string {
  const took = tookMs === undefined ? '' : `${tookMs} ms`
  const times = `${`+${offsetMs} ms`.padStart(11)}  ${took.padStart(9)}`
  const takesBack = undoes === undefined ? '' : ` (takes ${undoes} back)`
  return `${times}  ${service.padEnd(8)} ${SIGNS[mark]} ${type}${takesBack}`
}

function missingLines({ service, owes, after, waitedMs, because, mend, suspect }: Missing): string[] {
  return [
    `waiting on ${service} for ${owes.join(' or ')}, for ${spanOf(waitedMs)} since ${after.type}`,
    `  why:     ${because}`,
    `  seen:    ${factsOf(suspect)}`,
    `  to mend: ${mend}`,
  ]
}

function print(id: string, { state, hops, traceId }: Timeline, missing: readonly Missing[]): void {
  console.log(`${'at'.padStart(11)}  ${'took'.padStart(9)}  service    event`)
  for (const hop of hops) console.log(hopLine(hop))
  console.log(`\nOrder ${id} is ${state}${traceId === undefined ? '' : `; trace ${traceId}`}.`)
  if (missing.length === 0) console.log('Nothing is missing.')
  for (const one of missing) console.log(missingLines(one).join('\n'))
}

/** `chorus explain`: reads the topics, so it works whatever else is down. */
export function registerExplain(program: Command): void {
  withHome(program.command('explain'))
    .description(
      'say how an order went, what is missing in it, why, and what to do; exit code 2 when something is',
    )
    .argument('<orderId>', 'the id of the order', orderId)
    .option('--json', 'as JSON')
    .action(async (id: string, options: HomeOptions & { json?: boolean }) => {
      const run = runIn(settingsFor(options).home)
      const steps = await readFlow(run, id)
      if (steps.length === 0)
        throw new StackError(
          `No event of order ${id} is on the topics`,
          'Either there is no such order, or its first event is still in the outbox of order.',
          'look at the id; npx chorus status shows whether the connectors deliver',
        )
      const timeline = timelineOf(steps, topology)
      const now = Date.now()
      const due = timeline.expected.filter(({ sinceMs }) => sinceMs <= now)
      const missing = await Promise.all(
        due.map(async (one): Promise<Missing> => {
          const suspect = await suspectOf(run, one.service, id, one.sinceMs)
          return { ...one, waitedMs: now - one.sinceMs, suspect, ...whyMissing(suspect) }
        }),
      )
      if (options.json) console.log(JSON.stringify({ orderId: id, ...timeline, missing }, null, 2))
      else print(id, timeline, missing)
      if (missing.length > 0) process.exitCode = 2
    })
}
