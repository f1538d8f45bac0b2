import { asyncApiOf, openApiOf, type Service } from '@chorus/chassis'
import { Argument, type Command } from 'commander'
import { describedServices } from '../services.js'

const print = (document: object) => console.log(JSON.stringify(document, null, 2))
const named = (name: string): Service => describedServices.find((service) => service.name === name)!
const names = describedServices.map(({ name }) => name)

/** `chorus docs`: the documents of the interfaces, made from the services' values; nothing needs to run. */
export function registerDocs(program: Command): void {
  const docs = program.command('docs').description('print the documents of the interfaces')
  docs
    .command('openapi')
    .description('OpenAPI 3.1: the REST interface of a service')
    .addArgument(new Argument('<service>').choices(names))
    .action((name: string) => print(openApiOf(named(name))))
  docs
    .command('asyncapi')
    .description('AsyncAPI 3.0: the events of the whole system, or of one service')
    .addArgument(new Argument('[service]').choices(names))
    .action((name?: string) =>
      print(
        name === undefined
          ? asyncApiOf('Chorus', describedServices)
          : asyncApiOf(`Chorus ${name}`, [named(name)]),
      ),
    )
}
