import { newId } from '@chorus/chassis'
import { loadSettings, type RunFile } from '@chorus/stack'
import { clientOf, type Client } from './client.js'
import { placeAndShow } from './orders.js'

const CATALOGUE = [
  { name: 'Field notebook', category: 'paper', price: { amount: 1250, currency: 'USD' }, stock: 1000 },
  { name: 'Fountain pen', category: 'pens', price: { amount: 4900, currency: 'USD' }, stock: 200 },
  { name: 'Ink, midnight blue', category: 'pens', price: { amount: 1690, currency: 'USD' }, stock: 500 },
  { name: 'Last brass ruler', category: 'tools', price: { amount: 2300, currency: 'USD' }, stock: 1 },
]

const WELCOME = {
  name: 'Welcome',
  type: 'RATE',
  value: 10,
  currency: 'USD',
  maximumDiscount: 1000,
  total: 1_000_000,
}

interface Listed {
  items: { id: string; name: string }[]
}

/** Fills an empty catalogue. The keys make a start that was cut short go on where it stopped. */
async function loadCatalogue(admin: Client): Promise<string> {
  const { items } = await admin.get<Listed>('product', '/products?limit=100')
  for (const product of CATALOGUE.filter(({ name }) => !items.some((item) => item.name === name))) {
    await admin.post('product', '/products', product, `demo-${product.name.replaceAll(/\W+/g, '-')}`)
  }
  const { items: all } = await admin.get<Listed>('product', '/products?limit=100')
  return all.find(({ name }) => name === CATALOGUE[0]!.name)!.id
}

/** A coupon for this start's customer: one a user, so each start is a customer of its own. */
async function takeCoupon(admin: Client, customer: Client): Promise<string> {
  const [validFrom, validUntil] = ['2026-01-01T00:00:00Z', '2036-01-01T00:00:00Z']
  const template = { ...WELCOME, validFrom, validUntil }
  const { id } = await admin.post<{ id: string }>('coupon', '/coupons', template, 'demo-welcome')
  const held = await customer.post<{ id: string }>('coupon', `/coupons/${id}/issue`, {})
  return held.id
}

/** Loads a small catalogue on the first start, places one order with a coupon, and prints how it travelled. */
export async function demo(run: RunFile): Promise<void> {
  const userId = `demo-${newId()}`
  const [admin, customer] = [await clientOf(run, 'demo-admin', true), await clientOf(run, userId)]
  const productId = await loadCatalogue(admin)
  const userCouponId = await takeCoupon(admin, customer)
  console.log('A demo order (one notebook, with a coupon of 10 %) and how it travelled:\n')
  await placeAndShow(run, customer, { productId, quantity: 1, userCouponId }, false)
  const home = run.home === loadSettings({}).home ? '' : ` --home ${run.home}`
  console.log(`\nTo place another one:  npx chorus order place --watch${home}`)
}
