import { Option, type Command } from 'commander'
import { flows, type Flow } from '../crash-points/flows.js'
import { nameOf, type Point } from '../crash-points/points.js'
import { TryOut, type Tried } from '../crash-points/try-out.js'
import { interruptible, onOwnStack } from '../own-stack.js'

interface Options {
  readonly flow?: string
  readonly list?: boolean
  readonly json?: boolean
}

/** Short sessions, so that a process which follows a killed one soon gets its partitions. */
const SERVICE_ENV = { CONSUMER_SESSION_MS: '1000', GATEWAY_TIMEOUT_MS: '700' }

/** Every way that is tried: of orders, and of the recovery of a service. */
const all = [...flows, 'recover'] as const

const MOST_TRIES = 4

/** What a flow came by, and what became of it at each point. */
interface Account {
  flow: string
  boundaries: Point[]
  tried: Tried[]
}

const failed = ({ broken }: Tried) => broken.length > 0
const lineOf = ({ points, ms, broken }: Tried) =>
  [
    `  ${broken.length === 0 ? 'holds ' : 'BROKEN'}  ${(ms / 1000).toFixed(1).padStart(5)} s  ${points.map(nameOf).join(', ')}`,
    ...broken.map((line) => `      ${line}`),
  ].join('\n')

const nameOfFlow = (flow: Flow | 'recover') => (flow === 'recover' ? flow : flow.name)

async function tryFlow(
  tryOut: TryOut,
  flow: Flow | 'recover',
  known: Set<string>,
  list: boolean,
): Promise<Account> {
  const all = await tryOut.boundaries(flow)
  // The same place in the code, reached in the same way: once is enough.
  const boundaries = all.filter((point) => !known.has(nameOf(point)))
  for (const point of boundaries) known.add(nameOf(point))
  console.error(
    `${nameOfFlow(flow)}: ${boundaries.length} boundaries, ${all.length - boundaries.length} known`,
  )
  const account: Account = { flow: nameOfFlow(flow), boundaries, tried: [] }
  for (const point of list ? [] : boundaries) {
    const tried = await tryPoint(tryOut, flow, point)
    console.error(lineOf(tried))
    account.tried.push(tried)
  }
  return account
}

/** Tries a point until it is reached: what comes together is committed together, and then a second time does not come. */
async function tryPoint(tryOut: TryOut, flow: Flow | 'recover', point: Point): Promise<Tried> {
  const stuck = (error: Error): Tried => ({ points: [point], missed: [], ms: 0, broken: [error.message] })
  const once = () => tryOut.crashAt(flow, [point]).catch(stuck)
  let tried = await once()
  for (let i = 1; i < MOST_TRIES && tried.missed.length > 0; i++) tried = await once()
  return tried.missed.length > 0 ? { ...tried, broken: [...tried.broken, 'it was not reached'] } : tried
}

function print(accounts: readonly Account[], atTheEnd: readonly string[], list: boolean): void {
  for (const { flow, boundaries, tried } of accounts) {
    console.log(`${flow}: ${boundaries.length} boundaries, ${tried.filter(failed).length} broken`)
    if (list) for (const point of boundaries) console.log(`  ${nameOf(point)}`)
    else for (const one of tried.filter(failed)) console.log(lineOf(one))
  }
  if (list) return
  for (const line of atTheEnd) console.log(`BROKEN  ${line}`)
  if (atTheEnd.length === 0) console.log('At the end nothing is lost, doubled or stuck, topics included.')
}

async function crashPoints({ flow, list = false, json }: Options): Promise<void> {
  const chosen = all.filter((one) => flow === undefined || nameOfFlow(one) === flow)
  const { accounts, atTheEnd } = await interruptible((signal) =>
    onOwnStack({ serviceEnv: SERVICE_ENV }, signal, async (run) => {
      const tryOut = await TryOut.on(run)
      const accounts: Account[] = []
      const known = new Set<string>()
      for (const one of chosen) accounts.push(await tryFlow(tryOut, one, known, list))
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
    .addOption(new Option('--flow <name>', 'only on this way').choices(all.map(nameOfFlow)))
    .option('--list', 'only show the boundaries')
    .option('--json', 'as JSON')
    .action(crashPoints)
}
