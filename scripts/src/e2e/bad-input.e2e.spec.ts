import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { newId } from '@chorus/chassis'
import { problems } from '@chorus/contracts'
import { addressesOf } from '@chorus/stack'
import { expect } from 'chai'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { sharedShop } from './shared.js'
import type { Shop } from './shop.js'
import { someUser, type Answer, type Ask, type System } from './system.js'

function expectProblem({ status, headers, body }: Answer): void {
  expect(headers.get('content-type')).to.match(/^application\/problem\+json/)
  expect(body).to.include({ status, type: `/problems/${String(body.code)}` })
  expect(problems).to.have.property(String(body.code))
  expect(body).to.have.all.keys(
    'type',
    'title',
    'status',
    'code',
    'detail',
    'remedy',
    'instance',
    'requestId',
  )
}

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')

describe('bad input', function () {
  this.timeout(60_000)
  let system: System
  let shop: Shop
  let productId: string
  before(async function () {
    this.timeout(240_000)
    ;({ system, shop } = await sharedShop())
    productId = await shop.product({ stock: 10 })
  })

  const rowsOf = async (user: string) => {
    const [orders] = await system.sql<{ n: number }>(
      'order',
      'SELECT count(*)::int AS n FROM orders WHERE user_id = $1',
      [user],
    )
    return orders!.n
  }
  const inboxSize = async () =>
    (await system.sql<{ n: number }>('order', 'SELECT count(*)::int AS n FROM inbox'))[0]!.n

  const bodyWith = (change: object) => ({
    items: [{ productId, quantity: 1 }],
    deliveryAddressId: 'home',
    payment: { method: 'CARD' },
    ...change,
  })

  async function refused(ask: Ask, status: number, code: string): Promise<Answer> {
    const user = someUser()
    const before = await inboxSize()
    const answer = await system.ask('order', '/orders', {
      user,
      ...ask,
      headers: { 'Idempotency-Key': newId(), ...ask.headers },
    })
    expect([answer.status, answer.body.code]).to.deep.equal([status, code])
    expectProblem(answer)
    expect(await rowsOf(user)).to.equal(0)
    expect(await inboxSize()).to.equal(before)
    return answer
  }

  it('refuses a product that does not exist', () =>
    refused({ body: bodyWith({ items: [{ productId: newId(), quantity: 1 }] }) }, 422, 'PRODUCT_UNKNOWN'))

  for (const quantity of [0, -1, 101, 1e300, 1.5, '1', null]) {
    it(`refuses the quantity ${JSON.stringify(quantity)}`, () =>
      refused({ body: bodyWith({ items: [{ productId, quantity }] }) }, 400, 'BODY_INVALID'))
  }

  it('refuses no items, 51 items, an unknown field, a method that is not there and a product id that is none', async () => {
    const item = { productId, quantity: 1 }
    for (const change of [
      { items: [] },
      { items: Array.from({ length: 51 }, () => item) },
      { total: 1 },
      { payment: { method: 'CASH' } },
      { items: [{ productId: 'x', quantity: 1 }] },
      { deliveryAddressId: 'a\0b' },
    ]) {
      await refused({ body: bodyWith(change) }, 400, 'BODY_INVALID')
    }
  })

  it('refuses products of two currencies', async () => {
    const other = await shop.product({ currency: 'EUR' })
    const items = [productId, other].map((id) => ({ productId: id, quantity: 1 }))
    await refused({ body: bodyWith({ items }) }, 422, 'CURRENCIES_MIXED')
  })

  it('refuses a body of 65 kB', () =>
    refused({ body: bodyWith({ deliveryAddressId: 'a'.repeat(65 * 1024) }) }, 413, 'BODY_TOO_LARGE'))

  it('refuses broken JSON, JSON that is no object, and what is not JSON at all', async () => {
    await refused({ raw: '{"items":[' }, 400, 'BODY_MALFORMED')
    await refused({ raw: '"text"' }, 400, 'BODY_MALFORMED')
    await refused({ raw: '[]' }, 400, 'BODY_INVALID')
    await refused(
      { raw: 'items=1', headers: { 'Content-Type': 'text/plain' } },
      415,
      'MEDIA_TYPE_UNSUPPORTED',
    )
    await refused({ raw: '{}', headers: { 'Content-Encoding': 'gzip' } }, 415, 'MEDIA_TYPE_UNSUPPORTED')
  })

  it('refuses an order without an Idempotency-Key, or with one that is too long', async () => {
    const answer = await system.ask('order', '/orders', { user: someUser(), body: bodyWith({}) })
    expect([answer.status, answer.body.code]).to.deep.equal([400, 'IDEMPOTENCY_KEY_MISSING'])
    await refused(
      { body: bodyWith({}), headers: { 'Idempotency-Key': 'k'.repeat(129) } },
      400,
      'IDEMPOTENCY_KEY_MISSING',
    )
  })

  it('refuses a used Idempotency-Key with another body, and leaves the first order alone', async () => {
    const [user, key] = [someUser(), newId()]
    const first = await shop.post({ user, items: [{ productId, quantity: 1 }] }, key)
    const second = await shop.post({ user, items: [{ productId, quantity: 2 }] }, key)
    expect([second.status, second.body.code]).to.deep.equal([422, 'IDEMPOTENCY_KEY_REUSED'])
    expectProblem(second)
    expect(await rowsOf(user)).to.equal(1)
    expect((await shop.ended(user, first.body.id as string)).subtotal).to.equal(1000)
  })

  it('takes a request for the same whatever the order of its fields', async () => {
    const [user, key] = [someUser(), newId()]
    const first = await shop.post({ user, token: 'tok_1', items: [{ productId, quantity: 1 }] }, key)
    const body = {
      payment: { token: 'tok_1', method: 'CARD' },
      deliveryAddressId: 'home',
      items: [{ quantity: 1, productId }],
    }
    const second = await system.ask('order', '/orders', { user, body, headers: { 'Idempotency-Key': key } })
    expect([second.status, second.body.id]).to.deep.equal([202, first.body.id])
    expect(await rowsOf(user)).to.equal(1)
  })

  describe('tokens', () => {
    const claims = {
      sub: 'mallory',
      iss: 'chorus-dev',
      aud: 'chorus',
      exp: Math.floor(Date.now() / 1000) + 600,
    }

    it('refuses a request without one', async () => {
      const answer = await system.ask('order', '/orders')
      expect([answer.status, answer.body.code]).to.deep.equal([401, 'TOKEN_MISSING'])
      expect(answer.headers.get('www-authenticate')).to.equal('Bearer')
    })

    it('refuses one that is forged, unsigned, expired, from elsewhere or for others', async () => {
      const { privateKey } = await generateKeyPair('ES256', { extractable: true })
      const sign = (change: object, kid?: string) =>
        new SignJWT({ ...claims, ...change })
          .setProtectedHeader({ alg: 'ES256', ...(kid !== undefined && { kid }) })
          .sign(privateKey)
      const { readFileSync } = await import('node:fs')
      const keys = JSON.parse(readFileSync(`${system.home}/keys/jwks.json`, 'utf8')) as {
        keys: { kid: string }[]
      }
      const kid = keys.keys[0]!.kid
      const own = JSON.parse(readFileSync(`${system.home}/keys/signing-key.json`, 'utf8')) as { kid: string }
      const { importJWK } = await import('jose')
      const real = await importJWK(own as never, 'ES256')
      const good = (change: object) =>
        new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg: 'ES256', kid }).sign(real)
      const hs256 = new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', kid })
        .sign(new TextEncoder().encode(JSON.stringify((await exportJWK(privateKey)).x)))
      const bad = [
        await sign({}, kid),
        await sign({}, 'unknown'),
        await sign({}),
        await hs256,
        `${encode({ alg: 'none' })}.${encode(claims)}.`,
        `${encode({ alg: 'none' })}.${encode(claims)}.x`,
        await good({ exp: 1 }),
        await good({ exp: undefined }),
        await good({ iss: 'someone' }),
        await good({ aud: 'others' }),
        await good({ sub: undefined }),
        await good({ sub: 'a b' }),
        'x',
      ]
      for (const token of bad) await refused({ token, body: bodyWith({}) }, 401, 'TOKEN_INVALID')
      expect((await system.ask('order', '/orders', { token: await good({}) })).status).to.equal(200)
    })

    it('lets only admins change the catalogue and create coupons', async () => {
      const asked: [string, string, string][] = [
        ['product', 'POST', '/products'],
        ['product', 'PATCH', `/products/${productId}`],
        ['product', 'POST', `/products/${productId}/stock`],
        ['coupon', 'POST', '/coupons'],
      ]
      for (const [service, method, path] of asked) {
        const answer = await system.ask(service, path, { method, user: someUser(), body: {} })
        expect([answer.status, answer.body.code]).to.deep.equal([403, 'ADMIN_REQUIRED'])
      }
    })
  })

  it('shows nobody the order, the payment or the coupons of another user', async () => {
    const [owner, other] = [someUser(), someUser()]
    const { id } = await shop.order({ user: owner, items: [{ productId, quantity: 1 }] })
    const asked: Ask[] = [{}, { method: 'POST' }]
    for (const [i, path] of [`/orders/${id}`, `/orders/${id}/cancel`].entries()) {
      const answer = await system.ask('order', path, { ...asked[i], user: other })
      expect([answer.status, answer.body.code]).to.deep.equal([404, 'NOT_FOUND'])
    }
    expect(await shop.payments(owner, id)).to.have.length(1)
    expect(await shop.payments(other, id)).to.have.length(0)
  })

  it('answers unknown addresses, ids that are none, wrong methods and wrong queries with problems', async () => {
    const user = someUser()
    const asked: [Ask, string, number, string][] = [
      [{}, '/nothing', 404, 'NOT_FOUND'],
      [{ user }, '/orders/1', 404, 'NOT_FOUND'],
      [{ user }, `/orders/${newId()}`, 404, 'NOT_FOUND'],
      [{ user }, '/orders/%', 404, 'NOT_FOUND'],
      [{ user, method: 'DELETE' }, '/orders', 405, 'METHOD_NOT_ALLOWED'],
      [{ user }, '/orders?limit=0', 400, 'BODY_INVALID'],
      [{ user }, '/orders?nonsense=1', 400, 'BODY_INVALID'],
    ]
    for (const [ask, path, status, code] of asked) {
      const answer = await system.ask('order', path, ask)
      expect([answer.status, answer.body.code], path).to.deep.equal([status, code])
      expectProblem(answer)
    }
  })

  it('answers what is hardly HTTP with problems', async () => {
    const { port, hostname } = new URL(addressesOf(system.run).order!)
    const head = 'GET /orders HTTP/1.1\r\nHost: x\r\n'
    const sent: [string, number, string][] = [
      ['hello\r\n\r\n', 400, 'REQUEST_MALFORMED'],
      [`${head}Bad Header: x\r\n\r\n`, 400, 'REQUEST_MALFORMED'],
      [`${head}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`, 400, 'REQUEST_MALFORMED'],
      [`${head}X: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
    ]
    for (const [bytes, status, code] of sent) {
      const socket = connect(Number(port), hostname)
      socket.write(bytes)
      const [top, body] = (await text(socket)).split('\r\n\r\n')
      const [, ...lines] = top!.split('\r\n')
      const headers = new Headers(lines.map((line) => line.split(': ') as [string, string]))
      const answer = {
        status: Number(top!.split(' ')[1]),
        headers,
        body: JSON.parse(body!) as Answer['body'],
      }
      expect([answer.status, answer.body.code]).to.deep.equal([status, code])
      expectProblem(answer)
    }
  })

  it('refuses to cancel an order that ended', async () => {
    const user = someUser()
    const { id } = await shop.order({ user, items: [{ productId, quantity: 1 }], token: 'tok_decline' })
    const answer = await system.ask('order', `/orders/${id}/cancel`, { method: 'POST', user })
    expect([answer.status, answer.body.code]).to.deep.equal([409, 'ORDER_NOT_OPEN'])
  })

  it('never lets an admin take away more pieces than there are, nor create a coupon that makes no sense', async () => {
    const admin = { user: 'admin', admin: true }
    const id = await shop.product({ stock: 2 })
    const taken = await system.ask('product', `/products/${id}/stock`, { ...admin, body: { delta: -3 } })
    expect([taken.status, taken.body.code]).to.deep.equal([409, 'STOCK_SHORT'])
    const coupon = {
      name: 'x',
      total: 1,
      validFrom: '2026-01-01T00:00:00Z',
      validUntil: '2027-01-01T00:00:00Z',
    }
    for (const terms of [
      { type: 'RATE', value: 101 },
      { type: 'FIXED', value: 100 },
      { type: 'FIXED', value: 0, currency: 'USD' },
      { type: 'RATE', value: 5, minimumAmount: 100 },
      { type: 'RATE', value: 5, validUntil: '2025-01-01T00:00:00Z' },
      { type: 'RATE', value: 5, validUntil: 'tomorrow' },
    ]) {
      const answer = await system.ask('coupon', '/coupons', { ...admin, body: { ...coupon, ...terms } })
      expect([answer.status, answer.body.code], JSON.stringify(terms)).to.deep.equal([400, 'BODY_INVALID'])
    }
  })

  it('pages through a list without losing or repeating anything', async () => {
    const category = `c-${newId()}`
    const ids = []
    for (let i = 0; i < 5; i++) ids.push(await shop.product({ category }))
    const seen: string[] = []
    let cursor: unknown
    do {
      const query = `category=${category}&limit=2${typeof cursor === 'string' ? `&cursor=${cursor}` : ''}`
      const { body } = await system.ask('product', `/products?${query}`)
      seen.push(...(body.items as { id: string }[]).map(({ id }) => id))
      cursor = body.nextCursor
    } while (cursor !== undefined)
    expect(seen).to.deep.equal(ids.toReversed())
  })
})
