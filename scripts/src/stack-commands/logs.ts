import { StackError, layoutOf, logOf, tailOf } from '@chorus/stack'
import { InvalidArgumentError, type Command } from 'commander'
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { settingsFor, withHome, type HomeOptions } from './options.js'

interface LogsOptions extends HomeOptions {
  readonly follow?: boolean
  readonly lines: number
}

/** `chorus logs`. */
export function registerLogs(program: Command): void {
  withHome(program.command('logs'))
    .description('show the log of a part')
    .argument('<part>', 'postgres, kafka, connect, gateway, launcher or a service')
    .option('-f, --follow', 'go on showing what is added')
    .option('-n, --lines <count>', 'how many lines', wholeNumber, 50)
    .action(async (part: string, options: LogsOptions) => {
      const file = logFile(settingsFor(options).home, part)
      const from = statSync(file).size
      for (const line of tailOf(file, options.lines)) console.log(line)
      if (options.follow) await follow(file, from)
    })
}

function logFile(home: string, part: string): string {
  const layout = layoutOf(home)
  const file = logOf(layout, part)
  const known = existsSync(layout.logs)
    ? readdirSync(layout.logs).filter((name) => name.endsWith('.log'))
    : []
  if (known.includes(`${part}.log`)) return file
  const names = known.map((name) => name.replace(/\.log$/, '')).join(', ')
  throw new StackError(
    `There is no log of "${part}"`,
    names === '' ? `Nothing was ever started in ${home}.` : `There are logs of: ${names}.`,
    names === '' ? 'npx chorus up' : 'npx chorus logs <one of these>',
  )
}

async function follow(file: string, from: number): Promise<never> {
  for (let shown = from; ; await wait(200)) {
    const size = existsSync(file) ? statSync(file).size : 0
    // a smaller file is a new one: it was rotated
    if (size < shown) shown = 0
    if (size === shown) continue
    for await (const chunk of createReadStream(file, { start: shown, end: size - 1 }))
      process.stdout.write(chunk as Buffer)
    shown = size
  }
}

function wholeNumber(value: string): number {
  if (/^\d+$/.test(value)) return Number(value)
  throw new InvalidArgumentError('It must be a whole number.')
}
