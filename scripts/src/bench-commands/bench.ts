import type { Command } from 'commander'
import { runIn } from '../client.js'
import { wholeNumber } from '../numbers.js'
import { settingsFor, withHome, type HomeOptions } from '../stack-commands/options.js'
import { timeLoneOrders, type LoneOrders, type Quantiles } from './lone-orders.js'

interface LoneOptions extends HomeOptions {
  readonly orders: number
  readonly warmUp: number
  readonly json?: boolean
}

const ms = (value: number) => `${value.toFixed(1)} ms`.padStart(9)
const line = (title: string, { p50, p95, p99 }: Quantiles) =>
  `  ${title.padEnd(22)}${ms(p50)}  ${ms(p95)}  ${ms(p99)}`

function report({ orders, answered, completed, hops }: LoneOrders): string {
  const rows = hops.map(
    ({ service, type, atMs, tookMs }) => `  ${ms(atMs)}  ${ms(tookMs)}  ${service.padEnd(8)}  ${type}`,
  )
  return [
    `${orders} orders, one at a time, from sending POST /orders:`,
    `  ${''.padEnd(22)}${'p50'.padStart(9)}  ${'p95'.padStart(9)}  ${'p99'.padStart(9)}`,
    line('until answered', answered),
    line('until read COMPLETED', completed),
    '',
    'Where the time goes (medians; an event’s time is the begin of its transaction):',
    `  ${'at'.padStart(9)}  ${'took'.padStart(9)}  ${'service'.padEnd(8)}  event`,
    ...rows,
  ].join('\n')
}

/** `chorus bench`. */
export function registerBench(program: Command): void {
  const bench = program.command('bench').description('measure the running system')
  withHome(bench.command('lone'))
    .description('time orders that have the system to themselves')
    .option('--orders <n>', 'how many are timed', wholeNumber, 100)
    .option('--warm-up <n>', 'how many before', wholeNumber, 300)
    .option('--json', 'print the figures as JSON')
    .action(async (options: LoneOptions) => {
      const run = runIn(settingsFor(options).home)
      const result = await timeLoneOrders(run, options.orders, options.warmUp)
      console.log(options.json ? JSON.stringify(result) : report(result))
    })
}
