import { addressesOf } from '@chorus/stack'
import { problems } from '@chorus/contracts'
import { expect } from 'chai'
import { asyncApiOf, openApiOf } from '@chorus/chassis'
import { describedServices } from '../services.js'
import { Documented, type Exchange } from './documented.js'
import { sharedShop } from './shared.js'
import type { System } from './system.js'

describe('the documents of the running services', function () {
  this.timeout(60_000)
  let system: System
  before(async function () {
    this.timeout(240_000)
    ;({ system } = await sharedShop())
  })

  const get = (service: string, path: string, accept = 'text/html') =>
    fetch(`${addressesOf(system.run)[service]}${path}`, { headers: { accept } })

  for (const service of describedServices) {
    it(`are those of ${service.name}'s value, for everyone to read`, async () => {
      expect(await (await get(service.name, '/openapi.json')).json()).to.deep.equal(openApiOf(service))
      const asyncApi = asyncApiOf(`Chorus ${service.name}`, [service])
      expect(await (await get(service.name, '/asyncapi.json')).json()).to.deep.equal(asyncApi)
    })

    it(`have pages at ${service.name}, under a policy that lets no script run`, async () => {
      for (const path of [
        '/docs',
        '/problems',
        ...Object.keys(problems).map((code) => `/problems/${code}`),
      ]) {
        const page = await get(service.name, path)
        expect([page.status, page.headers.get('content-type')], path).to.deep.equal([
          200,
          'text/html; charset=utf-8',
        ])
        expect(page.headers.get('content-security-policy')).to.include("script-src 'self'")
      }
    })
  }

  it('have data beside them that no browser takes for a page', async () => {
    for (const path of ['/products', '/livez']) {
      const { headers } = await get('product', path, 'application/json')
      expect(headers.get('content-security-policy')).to.equal("default-src 'none';frame-ancestors 'none'")
      expect(headers.get('x-content-type-options')).to.equal('nosniff')
    }
  })

  it('lead from a problem to its page', async () => {
    const { body } = await system.ask('order', '/orders')
    expect(await (await get('order', body.type as string)).text()).to.include(
      '<h1>No access token was sent</h1>',
    )
    const none = await get('order', '/problems/NONE')
    expect([none.status, none.headers.get('content-type')?.split(';')[0]]).to.deep.equal([
      404,
      'application/problem+json',
    ])
  })
})

describe('an exchange that the document does not allow for', () => {
  const documented = new Documented(openApiOf(describedServices.find(({ name }) => name === 'product')!))
  const product = {
    id: '01890000-0000-7000-8000-000000000001',
    name: 'Mug',
    category: 'kitchen',
    price: { amount: 1, currency: 'USD' },
    stock: 1,
  }
  const { id, ...sent } = product
  const headers = new Headers({
    'content-type': 'application/json; charset=utf-8',
    'x-request-id': 'a',
    location: `/products/${id}`,
  })
  const good: Exchange = {
    method: 'POST',
    path: '/products',
    content: JSON.stringify(sent),
    status: 201,
    headers,
    text: JSON.stringify(product),
  }

  it('is told from one that it does', () => expect(() => documented.check(good)).to.not.throw())

  for (const [what, change, complaint] of [
    ['a status', { status: 200 }, /the status is not documented/],
    ['a content type', { headers: new Headers({ 'content-type': 'text/html' }) }, /content type text\/html/],
    [
      'a missing header',
      { headers: new Headers({ 'content-type': 'application/json' }) },
      /no header X-Request-Id/,
    ],
    ['a field', { text: JSON.stringify({ ...product, mood: 'good' }) }, /additional properties/],
    ['a missing field', { text: JSON.stringify(sent) }, /required property 'id'/],
    ['a request that was accepted', { content: '{"name":""}' }, /must have required property/],
    ['an operation', { path: '/moods' }, /no such operation/],
  ] as [string, Partial<Exchange>, RegExp][]) {
    it(`fails a spec: ${what}`, () => {
      expect(() => documented.check({ ...good, ...change })).to.throw(complaint)
    })
  }
})
