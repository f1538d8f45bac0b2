import { Argument, type Command } from 'commander'
import { backup, type Kept } from '../backup/backup.js'
import { runIn } from '../client.js'
import { settingsFor, withHome, type HomeOptions } from '../stack-commands/options.js'
import { operatedService, serviceNames } from './operated.js'

interface Options extends HomeOptions {
  readonly json?: boolean
}

function print({ takenAt, rows, bytes, ms, window }: Kept, name: string, file: string): void {
  for (const [table, count] of Object.entries(rows)) console.log(`${table}: ${count} rows`)
  console.log(`${name} as of ${takenAt}: ${file}, ${bytes} bytes in ${ms} ms.`)
  const { events, medianMs, mostMs } = window
  if (events === 0) return
  console.log(
    `Of ${events} events of the last ten minutes half reached the topic within ${medianMs} ms of their`,
  )
  console.log(`commit, all within ${mostMs} ms: so much is lost for good when the disk is.`)
}

/** `chorus backup`: the service goes on meanwhile. */
export function registerBackup(program: Command): void {
  withHome(program.command('backup'))
    .description('keep all tables of a service, as they are at one moment, in a file')
    .addArgument(new Argument('<service>').choices(serviceNames))
    .argument('<file>', 'a new file')
    .option('--json', 'as JSON')
    .action(async (name: string, file: string, options: Options) => {
      const { kafka, group, url } = await operatedService(runIn(settingsFor(options).home), name)
      const kept = await backup(kafka, group, url, file)
      if (options.json) return console.log(JSON.stringify({ file, service: name, ...kept }, null, 2))
      print(kept, name, file)
    })
}
