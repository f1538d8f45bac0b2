import {
  fromIn,
  planReplay,
  runReplay,
  totalsOf,
  type From,
  type Plan,
  type Stretch,
  type Wanted,
} from '@chorus/chassis/operate'
import { Argument, InvalidArgumentError, type Command } from 'commander'
import { runIn } from '../client.js'
import { progressLine } from '../progress-line.js'
import { settingsFor, withHome, type HomeOptions } from '../stack-commands/options.js'
import { operatedService, serviceNames } from './operated.js'

interface Options extends HomeOptions, Wanted {
  readonly json?: boolean
}

/** An offset, or a time. @throws InvalidArgumentError when it is neither */
function fromOf(text: string): From {
  const from = fromIn(text)
  if (from === undefined)
    throw new InvalidArgumentError('It must be an offset like 0, or a time like 2026-01-31T12:00:00Z.')
  return from
}

function printPlan(plan: Plan): void {
  for (const { topic, partition, offset, was, counted } of plan.stretches) {
    console.log(`${topic}/${partition}  from ${offset} to ${was}`)
    for (const { type, version, events, known, heard } of counted)
      console.log(
        `  ${String(events).padStart(8)}  ${type} v${version}, ${heard ? `the inbox knows ${known}` : 'not heard'}`,
      )
  }
  const { events, known, unheard, handled } = totalsOf(plan.stretches)
  console.log(
    `${events} events come again; the inbox skips ${known}, ${handled} are handled, ${unheard} are not for this service.`,
  )
  if (plan.effects.length > 0)
    console.log(
      `Rows that then wait for it lead to: ${plan.effects.join(', ')}. Each is made once for its key.`,
    )
}

/** Says what became of what the plan had to be handled. */
function printAccount(plan: Plan, after: readonly Stretch[]): void {
  const [{ handled }, { handled: left }] = [totalsOf(plan.stretches), totalsOf(after)]
  console.log(
    `Done: ${handled - left} events were handled${left > 0 ? `, ${left} were set aside: chorus dlq list` : ''}.`,
  )
}

async function replay(name: string, options: Options, done: boolean): Promise<void> {
  const { declared, ...operated } = await operatedService(runIn(settingsFor(options).home), name)
  const plan = await planReplay(operated.kafka, declared, operated.url, options)
  if (!options.json) printPlan(plan)
  const after = done
    ? await runReplay(
        {
          ...operated,
          service: declared,
          onProgress: (left) => progressLine.show(`${left} events to go`),
        },
        plan.stretches,
      ).finally(progressLine.end)
    : undefined
  if (options.json) console.log(JSON.stringify({ done, ...plan, ...(after && { after }) }, null, 2))
  else if (after) printAccount(plan, after)
  else console.log(`Nothing was changed. To do it: chorus replay run ${name} ...`)
}

const withFilters = (command: Command): Command =>
  withHome(command)
    .addArgument(new Argument('<service>').choices(serviceNames))
    .requiredOption('--from <offset or time>', 'where to begin, in every partition', fromOf)
    .option('--topic <name>', 'only this topic')
    .option('--type <event>', 'only from the first event of this type in each partition')
    .option('--key <key>', 'only from the first event of this key, in its partition')
    .option('--json', 'as JSON')

/** `chorus replay`: lets a service consume again what it consumed before. */
export function registerReplay(program: Command): void {
  const group = program.command('replay').description('let a service consume events again')
  withFilters(group.command('plan').description('say what would come again, and change nothing')).action(
    (name: string, options: Options) => replay(name, options, false),
  )
  withFilters(
    group.command('run').description('set the consumer group back, and follow it to its end'),
  ).action((name: string, options: Options) => replay(name, options, true))
}
