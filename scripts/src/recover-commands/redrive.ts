import { addressesOf } from '@chorus/stack'
import { Argument, type Command } from 'commander'
import { runIn } from '../client.js'
import { lookAtSending, redrive, type Sending } from '../recover/redrive.js'
import { settingsFor, withHome, type HomeOptions } from '../stack-commands/options.js'
import { operatedService, serviceNames } from './operated.js'

interface Options extends HomeOptions {
  readonly yes?: boolean
  readonly json?: boolean
}

function print({ rows, since, slot, publication }: Sending, service: string, done: boolean): void {
  console.log(`slot: ${slot ?? 'missing'}; publication: ${publication ? 'there' : 'missing'}`)
  const what = `${rows} outbox rows, from ${since?.toISOString() ?? 'now'} on`
  if (done) return console.log(`${what}, are sent again; inboxes drop what they know.`)
  console.log(`Would send ${what} again, and make the slot and a missing publication anew.`)
  console.log(`Nothing was changed. To do it: npx chorus redrive ${service} --yes`)
}

/** `chorus redrive`: for topics, slots and publications that were lost. */
export function registerRedrive(program: Command): void {
  withHome(program.command('redrive'))
    .description('send again what the outbox of a service holds; without --yes it only says what that is')
    .addArgument(new Argument('<service>').choices(serviceNames))
    .option('--yes', 'do it')
    .option('--json', 'as JSON')
    .action(async (name: string, { yes = false, json, ...options }: Options) => {
      const run = runIn(settingsFor(options).home)
      const { url } = await operatedService(run, name)
      const sending = await lookAtSending(url, name)
      if (yes) await redrive(addressesOf(run)['connect']!, url, name)
      if (json) console.log(JSON.stringify({ done: yes, ...sending }, null, 2))
      else print(sending, name, yes)
    })
}
