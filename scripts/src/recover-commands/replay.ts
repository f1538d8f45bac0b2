import { Argument, InvalidArgumentError, type Command } from 'commander'
import { runIn } from '../client.js'
import { progressLine } from '../progress-line.js'
import { planReplay, runReplay, type Plan, type Wanted } from '../recover/replay.js'
import { settingsFor, withHome, type HomeOptions } from '../stack-commands/options.js'
import type { From } from '../topic-reader.js'
import { operatedService, serviceNames } from './operated.js'

interface Options extends HomeOptions, Wanted {
  readonly json?: boolean
}

/** An offset, or a time. @throws InvalidArgumentError when it is neither */
function fromOf(text: string): From {
  if (/^\d+$/.test(text)) return BigInt(text)
  const at = new Date(text)
  if (Number.isNaN(at.getTime()))
    throw new InvalidArgumentError('It must be an offset like 0, or a time like 2026-01-31T12:00:00Z.')
  return at
}

const sum = ({ stretches }: Plan, what: 'events' | 'known') =>
  stretches.reduce((total, { counted }) => total + counted.reduce((n, one) => n + one[what], 0), 0)

function printPlan(plan: Plan): void {
  for (const { topic, partition, offset, was, counted } of plan.stretches) {
    console.log(`${topic}/${partition}  from ${offset} to ${was}`)
    for (const { type, version, events, known } of counted)
      console.log(`  ${String(events).padStart(8)}  ${type} v${version}, the inbox knows ${known}`)
  }
  const [events, known] = [sum(plan, 'events'), sum(plan, 'known')]
  console.log(`${events} events come again; the inbox skips ${known}, ${events - known} are handled.`)
  if (plan.effects.length > 0)
    console.log(
      `Rows that then wait for it lead to: ${plan.effects.join(', ')}. Each is made once for its key.`,
    )
}

async function replay(name: string, options: Options, done: boolean): Promise<void> {
  const operated = await operatedService(runIn(settingsFor(options).home), name)
  const { service, kafka, url } = operated
  const plan = await planReplay(kafka, service, url, options)
  if (!options.json) printPlan(plan)
  if (done && plan.stretches.length > 0)
    await runReplay(
      { ...operated, onProgress: (left) => progressLine.show(`${left} events to go`) },
      plan.stretches,
    ).finally(progressLine.end)
  if (options.json) console.log(JSON.stringify({ done, ...plan }, null, 2))
  else console.log(done ? 'Done.' : `Nothing was changed. To do it: chorus replay run ${name} ...`)
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
