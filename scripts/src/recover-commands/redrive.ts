import { addressesOf, databaseUrlOf, StackError } from '@chorus/stack'
import type { Command } from 'commander'
import { runIn } from '../client.js'
import { lookAtSending, redrive, type Sending } from '../recover/redrive.js'
import { settingsFor, withHome, type HomeOptions } from '../stack-commands/options.js'

interface Options extends HomeOptions {
  readonly yes?: boolean
  readonly json?: boolean
}

function print({ rows, since, slot, publication }: Sending, service: string, done: boolean): void {
  console.log(`slot: ${slot ?? 'missing'}; publication: ${publication ? 'there' : 'missing'}`)
  const what = `${rows} outbox rows, from ${since?.toISOString() ?? 'now'} on`
  if (done) return console.log(`${what}, are sent again; inboxes drop what they know.`)
  console.log(
    `Would send ${what} again, and make the slot anew, and what is missing of topics and publication.`,
  )
  console.log(`Nothing was changed. To do it: npx chorus redrive ${service} --yes`)
}

/** `chorus redrive`: for topics, slots and publications that were lost. */
export function registerRedrive(program: Command): void {
  withHome(program.command('redrive'))
    .description('send again what the outbox of a service holds; without --yes it only says what that is')
    .argument('<service>', 'any that runs')
    .option('--yes', 'do it')
    .option('--json', 'as JSON')
    .action(async (name: string, { yes = false, json, ...options }: Options) => {
      const { home, partitions } = settingsFor(options)
      const run = runIn(home)
      if (!run.services.includes(name))
        throw new StackError(
          `No service ${name} runs`,
          `These do: ${run.services.join(', ')}.`,
          'name one of them',
        )
      const url = databaseUrlOf(run, name)
      const { connect: connectUrl = '', kafka: broker = '' } = addressesOf(run)
      const sending = await lookAtSending(url, name)
      if (yes) await redrive({ service: name, url, connectUrl, broker, partitions })
      if (json) console.log(JSON.stringify({ done: yes, ...sending }, null, 2))
      else print(sending, name, yes)
    })
}
