import { StackError } from '@chorus/stack'
import type { Command } from 'commander'
import { wholeNumber } from '../numbers.js'
import { clientOf, runIn, type Client } from '../client.js'
import { placeAndShow } from '../orders.js'
import { settingsFor, withHome, type HomeOptions } from '../stack-commands/options.js'

interface PlaceOptions extends HomeOptions {
  readonly product?: string
  readonly quantity: number
  readonly coupon?: string
  readonly user: string
  readonly token?: string
  readonly watch?: boolean
}

async function firstProduct(client: Client): Promise<string> {
  const { items } = await client.get<{ items: { id: string; stock: number }[] }>('product', '/products')
  const product = items.find(({ stock }) => stock > 0) ?? items[0]
  if (product) return product.id
  throw new StackError(
    'There is nothing to order',
    'The catalogue is empty.',
    'npm start loads a demo catalogue',
  )
}

/** `chorus order place`. */
export function registerOrder(program: Command): void {
  const order = program.command('order').description('work with orders')
  withHome(order.command('place'))
    .description('place an order over REST and print how it travels through the services')
    .option('--product <id>', 'what to order (default: the first product that is in stock)')
    .option('--quantity <n>', 'how many pieces', wholeNumber, 1)
    .option('--coupon <id>', 'a coupon that the user holds')
    .option('--user <id>', 'who orders', 'demo')
    .option('--token <token>', 'payment token; tok_decline is declined')
    .option('--watch', 'print each event as it comes')
    .action(async (options: PlaceOptions) => {
      const run = runIn(settingsFor(options).home)
      const client = await clientOf(run, options.user)
      const wish = {
        productId: options.product ?? (await firstProduct(client)),
        quantity: options.quantity,
        ...(options.coupon !== undefined && { userCouponId: options.coupon }),
        ...(options.token !== undefined && { token: options.token }),
      }
      const { status } = await placeAndShow(run, client, wish, options.watch ?? false)
      if (status !== 'COMPLETED') process.exitCode = 2
    })
}
