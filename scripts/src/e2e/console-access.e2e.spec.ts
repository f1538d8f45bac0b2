import { addressesOf, signToken } from '@chorus/stack'
import { expect } from 'chai'
import { consoleUrl } from '../console-commands/console.js'
import { sharedShop } from './shared.js'
import type { Shop } from './shop.js'
import { someUser, until, type System } from './system.js'

const POSTS = [
  '/dead-letters/release',
  '/dead-letters/drop',
  '/replay',
  '/try/orders',
  '/try/faults',
  '/try/services',
]
const ELSEWHERE = 'http://127.0.0.1:1'

/** The different answers: status, and where they lead. */
const answersOf = async (asked: Promise<Response>[]) => [
  ...new Set((await Promise.all(asked)).map(({ status, headers }) => `${status} ${headers.get('location')}`)),
]

describe('access to the console', function () {
  this.timeout(60_000)
  let system: System
  let shop: Shop
  let address: string
  let admin: { authorization: string }
  before(async function () {
    this.timeout(240_000)
    ;({ system, shop } = await sharedShop())
    address = addressesOf(system.run).tracker!
    admin = { authorization: `Bearer ${await system.tokenOf('admin', true)}` }
  })

  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${address}${path}`, { redirect: 'manual', ...init })
  const post = (path: string, fields: Record<string, string>, headers: Record<string, string>) =>
    ask(path, { method: 'POST', body: new URLSearchParams(fields), headers })

  it('is given by a link once, and only while it is young', async () => {
    const link = await consoleUrl(system.run)
    const first = await fetch(link!, { redirect: 'manual' })
    expect([first.status, first.headers.get('set-cookie')]).to.satisfy(
      ([status, cookie]: [number, string]) => status === 303 && /HttpOnly; SameSite=Strict/.test(cookie),
    )
    const code = { userId: 'local', audience: 'chorus-console' }
    const old = await signToken(system.run.home, { ...code, ttlSeconds: -60 })
    const access = await system.tokenOf('admin', true)
    for (const again of [link!, `${address}/sign-in?code=${old}`, `${address}/sign-in?code=${access}`]) {
      const refused = await fetch(again, { redirect: 'manual' })
      expect([refused.status, refused.headers.get('set-cookie')]).to.eql([401, null])
      expect(await refused.text()).to.include('This link was used before, or it is too old.')
    }
  })

  it('is not given to strangers and users: they are sent to the sign-in page, and nothing is done', async () => {
    const user = { authorization: `Bearer ${await system.tokenOf(someUser(), false)}` }
    const { pid } = system.run.parts.product!
    const kill = { service: 'product', action: 'kill', mode: 'decline', from: '0' }
    for (const headers of [{}, user]) {
      expect(await answersOf(POSTS.map((path) => post(path, kill, headers)))).to.eql(['303 /sign-in'])
      expect(await answersOf([ask('/flows', { headers }), ask('/flows/live', { headers })])).to.eql([
        '303 /sign-in',
      ])
    }
    expect(system.run.parts.product!.pid).to.equal(pid)
    expect((await system.ask('gateway', '/faults')).body.mode).to.equal('none')
  })

  it('does not lend the cookie to pages from elsewhere', async () => {
    const signedIn = await fetch((await consoleUrl(system.run))!, { redirect: 'manual' })
    const cookie = signedIn.headers.get('set-cookie')!.split(';')[0]!
    expect((await ask('/flows', { headers: { cookie } })).status).to.equal(200)
    const foreign = [
      { cookie },
      { cookie, origin: ELSEWHERE },
      { cookie, origin: address, 'sec-fetch-site': 'same-site' },
    ]
    for (const headers of foreign)
      expect(await answersOf([...POSTS, '/sign-out'].map((path) => post(path, {}, headers)))).to.eql([
        '403 null',
      ])
  })

  it('shows a page for whatever address is asked for', async () => {
    const long = 'a'.repeat(4000)
    const asked: [string, number, string][] = [
      ['/flows/nope', 404, 'it has to be a whole UUID'],
      [`/flows/${long}`, 404, 'it has to be a whole UUID'],
      ['/flows/%3Cscript%3E', 404, '&lt;script&gt;'],
      ['/flows/%ff', 404, 'There is no such thing'],
      ['/flows/a/b', 404, 'There is no page at this address.'],
      ['/replay/nobody', 404, 'There is no page at this address.'],
      ['/replay?service=nobody', 200, 'There is no such service.'],
      [`/flows?cursor=x&state=%00&user=${long}&age=${long}`, 200, 'There are none.'],
      ['/flows?state[]=a&user[b]=c', 200, 'Newest'],
      ['/dead-letters/nobody/a/b/c', 200, 'Nothing is set aside there'],
      ['/dead-letters/product/..%2F..%2Fx/y/z', 200, 'product: '],
      [`/dead-letters?key=${long}&released=%3Cb%3E`, 200, '<h1>Dead letters</h1>'],
    ]
    for (const [path, status, text] of asked) {
      const answer = await ask(path, { headers: admin })
      expect([answer.status, answer.headers.get('content-type')], path).to.eql([
        status,
        'text/html; charset=utf-8',
      ])
      expect(await answer.text(), path)
        .to.include(text)
        .and.not.match(/<script>|<b>.*<\/b> letters/)
    }
  })

  /** @returns the page, and how long it took, ms */
  async function timed(path: string) {
    const begunMs = performance.now()
    const page = await (await ask(path, { headers: admin })).text()
    return { page, ms: performance.now() - begunMs }
  }

  it('stays while a service is stopped: to see what waits for it at once, and to let it go on', async () => {
    const [user, productId] = [someUser(), await shop.product()]
    system.signal('product', 'SIGSTOP')
    try {
      const id = await shop.place({ user, items: [{ productId, quantity: 1 }] })
      let flow = { page: '', ms: 0 }
      await until('the flow to show', async () => {
        flow = await timed(`/flows/${id}`)
        return flow.page.includes('waiting on product')
      })
      expect(flow.ms).to.be.below(1000)
      const { page, ms } = await timed('/try')
      expect(page).to.include('product does not answer').and.include('resume product')
      expect(ms).to.be.below(5000)
    } finally {
      expect((await post('/try/services', { service: 'product', action: 'resume' }, admin)).status).to.equal(
        303,
      )
    }
    await until('product to answer', async () => (await system.ask('product', '/products')).status === 200)
  })
})
