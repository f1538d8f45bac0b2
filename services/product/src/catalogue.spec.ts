import { newId, type Recorded } from '@chorus/chassis'
import { Rehearsal, type Answer } from '@chorus/chassis/testing'
import { expect } from 'chai'
import { adjustStock, changePrice, createProduct } from './catalogue.js'
import { BOOK, names, productsIn, shopWith, stockOf, UNKNOWN } from './product.fixtures.js'
import { product } from './service.js'

const lamp = { name: 'Lamp', category: 'home', price: { amount: 4500, currency: 'USD' }, stock: 3 }
const eventsOf = (answer: Answer): Recorded[] => ('events' in answer ? answer.events : [])
const MOST = 2_147_483_647

describe('the catalogue', () => {
  it('takes in a product with its first price', async () => {
    const shop = new Rehearsal(product)
    const answer = await shop.command(createProduct, lamp)
    const [row] = productsIn(shop)
    expect(answer)
      .to.have.property('view')
      .eql({ id: row!.id, ...lamp })
    expect(eventsOf(answer)[0]!.data).to.eql({ productId: row!.id, ...lamp, priceVersion: 1 })
    expect(row).to.include({ stock: 3, price_version: 1, version: 1 })
  })

  it('names the same product when the command is repeated', async () => {
    const id = newId()
    const [one, two] = [new Rehearsal(product), new Rehearsal(product)]
    await one.command(createProduct, lamp, { id })
    await two.command(createProduct, lamp, { id })
    await two.command(createProduct, lamp)
    expect(new Set([...productsIn(one), ...productsIn(two)].map((row) => row.id))).to.have.lengthOf(2)
  })

  it('counts the versions of a price', async () => {
    const shop = shopWith()
    for (const amount of [200, 300]) {
      await shop.command(changePrice, { id: BOOK, price: { amount, currency: 'USD' } })
    }
    const answer = await shop.command(changePrice, { id: BOOK, price: { amount: 7, currency: 'EUR' } })
    expect(eventsOf(answer)[0]!.data).to.include({ priceVersion: 4 })
    expect(answer).to.have.nested.property('view.price').eql({ amount: 7, currency: 'EUR' })
  })

  it('adds pieces and takes pieces away, down to the last', async () => {
    const shop = shopWith({ books: 2 })
    expect(names(eventsOf(await shop.command(adjustStock, { id: BOOK, delta: 3 })))).to.eql(['StockAdjusted'])
    await shop.command(adjustStock, { id: BOOK, delta: -5 })
    expect(stockOf(shop, BOOK)).to.equal(0)
  })

  for (const [what, delta, refused] of [
    ['more pieces away than there are', -3, 'STOCK_SHORT'],
    ['more pieces in than can be counted', MOST, 'BODY_INVALID'],
  ] as const) {
    it(`does not take ${what}`, async () => {
      const shop = shopWith({ books: 2 })
      const before = shop.rows()
      expect(await shop.command(adjustStock, { id: BOOK, delta })).to.include({ refused })
      expect(shop.rows()).to.eql(before)
    })
  }

  it('knows no product that was never taken in', async () => {
    const shop = shopWith()
    const price = { amount: 1, currency: 'USD' }
    expect(await shop.command(changePrice, { id: UNKNOWN, price })).to.include({ refused: 'NOT_FOUND' })
    expect(await shop.command(adjustStock, { id: UNKNOWN, delta: 1 })).to.include({ refused: 'NOT_FOUND' })
  })
})
