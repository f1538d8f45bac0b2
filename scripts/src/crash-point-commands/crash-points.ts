import { Option, type Command } from 'commander'
import { flows, type Flow } from '../crash-points/flows.js'
import { nameOf, someOf, type Point } from '../crash-points/points.js'
import { TryOut, type Tried } from '../crash-points/try-out.js'
import { wholeNumber } from '../numbers.js'
import { interruptible, onOwnStack } from '../own-stack.js'

interface Options {
  readonly flow?: readonly string[]
  readonly point?: string
  readonly most?: number
  readonly seed: number
  readonly list?: boolean
  readonly json?: boolean
}

/** Short sessions, so that a process which follows a killed one soon gets its partitions. */
const SERVICE_ENV = { CONSUMER_SESSION_MS: '1000', GATEWAY_TIMEOUT_MS: '700' }

/** Every way that is tried: of orders, and of the recovery of a service. */
const all = [...flows, 'recover'] as const

/** What a flow came by, and what became of it at each point. */
interface Account {
  flow: string
  boundaries: Point[]
  tried: Tried[]
}

const failed = ({ broken }: Tried) => broken.length > 0
const missed = (tried: Tried) => !failed(tried) && tried.missed.length > 0
const verdictOn = (tried: Tried) => (failed(tried) ? 'BROKEN' : missed(tried) ? 'missed' : 'holds ')
const lineOf = (tried: Tried) => {
  const { points, ms, broken } = tried
  return [
    `  ${verdictOn(tried)}  ${(ms / 1000).toFixed(1).padStart(5)} s  ${points.map(nameOf).join(', ')}`,
    ...broken.map((line) => `      ${line}`),
  ].join('\n')
}

const nameOfFlow = (flow: Flow | 'recover') => (flow === 'recover' ? flow : flow.name)

async function tryFlow(
  tryOut: TryOut,
  flow: Flow | 'recover',
  known: Set<string>,
  { list, point: part = '', seed, most = Infinity }: Options,
): Promise<Account> {
  const all = await tryOut.boundaries(flow)
  // The same place in the code, reached in the same way: once is enough.
  const fresh = all.filter((point) => !known.has(nameOf(point)))
  const named = fresh.filter((point) => nameOf(point).includes(part))
  const boundaries = someOf(named, seed, most)
  for (const point of boundaries) known.add(nameOf(point))
  console.error(`${nameOfFlow(flow)}: ${boundaries.length} boundaries, ${all.length - fresh.length} known`)
  const account: Account = { flow: nameOfFlow(flow), boundaries, tried: [] }
  for (const point of list ? [] : boundaries) {
    const tried = await tryOut.tryPoint(flow, point)
    console.error(lineOf(tried))
    account.tried.push(tried)
  }
  return account
}

function print(accounts: readonly Account[], atTheEnd: readonly string[], list: boolean): void {
  for (const { flow, boundaries, tried } of accounts) {
    const counts = `${tried.filter(failed).length} broken, ${tried.filter(missed).length} not met again`
    console.log(`${flow}: ${boundaries.length} boundaries${list ? '' : `, ${counts}`}`)
    if (list) for (const point of boundaries) console.log(`  ${nameOf(point)}`)
    else for (const one of tried.filter(failed)) console.log(lineOf(one))
  }
  if (list) return
  for (const line of atTheEnd) console.log(`BROKEN  ${line}`)
  if (atTheEnd.length === 0) console.log('At the end nothing is lost, doubled or stuck, topics included.')
}

async function crashPoints(options: Options): Promise<void> {
  const { flow, list = false, json } = options
  const chosen = all.filter((one) => flow === undefined || flow.includes(nameOfFlow(one)))
  const { accounts, atTheEnd } = await interruptible((signal) =>
    onOwnStack({ serviceEnv: SERVICE_ENV }, signal, async (run) => {
      const tryOut = await TryOut.on(run)
      const accounts: Account[] = []
      const known = new Set<string>()
      for (const one of all.slice(0, all.indexOf(chosen.at(-1)!) + 1))
        if (chosen.includes(one)) accounts.push(await tryFlow(tryOut, one, known, options))
        else for (const point of await tryOut.boundaries(one)) known.add(nameOf(point))
      return { accounts, atTheEnd: await tryOut.broken(false) }
    }),
  )
  const holds = atTheEnd.length === 0 && !accounts.some(({ tried }) => tried.some(failed))
  if (json) console.log(JSON.stringify({ holds, accounts, atTheEnd }, null, 2))
  else print(accounts, atTheEnd, list)
  process.exitCode = holds ? 0 : 1
}

/** `chorus crash-points`: exit code 0 when everything holds after every end, else 1. */
export function registerCrashPoints(program: Command): void {
  program
    .command('crash-points')
    .description(
      'end each service at every commit and every send of an order, and a recovery too, one after the other, on a system of its own (10 minutes), and audit after each',
    )
    .addOption(
      new Option('--flow <names...>', 'only what these ways add to those before them').choices(
        all.map(nameOfFlow),
      ),
    )
    .option('--point <part>', 'only boundaries whose name has this part')
    .option('--most <n>', 'so many of each way at most, chosen by the seed', wholeNumber)
    .option('--seed <n>', 'decides which', wholeNumber, 1)
    .option('--list', 'only show the boundaries')
    .option('--json', 'as JSON')
    .action(crashPoints)
}
