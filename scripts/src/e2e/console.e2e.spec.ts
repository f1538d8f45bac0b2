import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { consoleUrl } from '../console-commands/console.js'
import { browserHere, Console, LOOKS } from './browser.fixtures.js'
import { sharedShop } from './shared.js'
import type { Shop } from './shop.js'
import { someUser, until, type System } from './system.js'

const IN_TIME = { timeout: 15_000 }

type Look = (typeof LOOKS)[number]

/** In both themes and on a phone, at the same time. */
const inEachLook = (work: (look: Look) => Promise<void>) => Promise.all(LOOKS.map(work))

const shows = (page: Page, text: string, options = IN_TIME) =>
  page.getByText(text, { exact: false }).first().waitFor(options)

describe('the console', function () {
  this.timeout(90_000)
  let system: System
  let shop: Shop
  let view: Console
  before(async function () {
    this.timeout(240_000)
    const browser = browserHere()
    if (browser === undefined) return this.skip()
    ;({ system, shop } = await sharedShop())
    view = await Console.open(system, browser)
  })
  after(() => view?.close())
  afterEach(async () => {
    if (view) expect(await view.closePages()).to.eql([])
  })

  it('opens by a link that works once, and by nothing else', async () => {
    const stranger = await view.page('/flows', LOOKS[0], false)
    expect(stranger.url()).to.equal(`${view.address}/sign-in`)
    await view.look(stranger, 'sign-in')
    const link = (await consoleUrl(system.run))!
    const first = await fetch(link, { redirect: 'manual' })
    const cookie = first.headers.get('set-cookie')!
    expect([first.status, cookie]).to.satisfy(
      ([status, text]: [number, string]) => status === 303 && /HttpOnly; SameSite=Strict/.test(text),
    )
    const second = await fetch(link, { redirect: 'manual' })
    expect([second.status, second.headers.get('set-cookie')]).to.eql([401, null])
    const headers = { Cookie: cookie.split(';')[0]!, Origin: 'http://127.0.0.1:1' }
    const foreign = await fetch(`${view.address}/sign-out`, { method: 'POST', headers, redirect: 'manual' })
    expect(foreign.status).to.equal(403)
  })

  it('shows an order as it completes', async () => {
    const [user, productId] = [someUser(), await shop.product()]
    const userCouponId = await shop.heldCoupon(user)
    const id = await shop.place({ user, items: [{ productId, quantity: 1 }], userCouponId })
    const page = await view.page(`/flows/${id}`)
    await shows(page, 'OrderCompleted')
    await shows(page, 'Nothing is missing.')
    const names = await page.locator('.hop .name').allTextContents()
    expect(names).to.eql([
      'OrderCreated',
      'CouponUsed',
      'StockDecremented',
      'PaymentRequested',
      'PaymentCompleted',
      'OrderCompleted',
    ])
    await page.locator('summary').nth(2).click()
    await page.locator('.hop details').nth(2).getByText('"productId"').waitFor(IN_TIME)
    await view.look(page, 'flow-completed')
  })

  it('shows what is taken back when the stock runs out', async () => {
    const [user, productId] = [someUser(), await shop.product({ stock: 1 })]
    const userCouponId = await shop.heldCoupon(user)
    const id = await shop.place({ user, items: [{ productId, quantity: 2 }], userCouponId })
    await inEachLook(async (look) => {
      const page = await view.page(`/flows/${id}`, look)
      await shows(page, 'takes CouponUsed back')
      await shows(page, 'OrderFailed')
      await shows(page, 'Nothing is missing.')
      await view.look(page, `flow-failed-${look.name}`)
    })
  })

  it('says who is waited for within 2 s, lets the clock run, and follows when it goes on', async () => {
    const [user, productId] = [someUser(), await shop.product()]
    system.signal('payment', 'SIGSTOP')
    let page: Page
    try {
      const id = await shop.place({ user, items: [{ productId, quantity: 1 }] })
      page = await view.page(`/flows/${id}`)
      await shows(page, 'waiting on payment', { timeout: 2000 })
      const clock = page.locator('.hop-wait .clock')
      const first = await clock.textContent()
      await until('the clock to run', async () => (await clock.textContent()) !== first)
      await shows(page, 'payment does not answer')
      await view.look(page, 'flow-waiting-light')
      await inEachLook(async (look) => {
        if (look.name !== 'light')
          await view.look(await view.page(`/flows/${id}`, look), `flow-waiting-${look.name}`)
      })
      const list = await view.page('/flows')
      await shows(list, 'payment for')
      await view.look(list, 'flows-stuck')
    } finally {
      system.signal('payment', 'SIGCONT')
    }
    await shows(page, 'OrderCompleted')
    await shows(page, 'Nothing is missing.')
  })

  it('finds orders by id, user and state', async () => {
    const [user, productId] = [someUser(), await shop.product()]
    const { id } = await shop.order({ user, items: [{ productId, quantity: 1 }] })
    await inEachLook(async (look) => view.look(await view.page('/flows', look), `flows-${look.name}`))
    const page = await view.page('/flows')
    await page.getByLabel('User').fill(user)
    await page.getByRole('combobox', { name: 'State' }).selectOption('COMPLETED')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.waitForURL(/user=/)
    await shows(page, id.slice(0, 8))
    expect(await page.locator('[aria-label="Newest flows"] tbody tr').count()).to.equal(1)
    await page.getByLabel('Order').fill(id)
    await page.getByRole('button', { name: 'Search' }).click()
    await page.waitForURL(`**/flows/${id}`)
  })

  it('draws the system, and shows what does not answer', async () => {
    await inEachLook(async (look) => {
      const page = await view.page('/system', look)
      await page.locator('svg .box').nth(3).waitFor(IN_TIME)
      await view.look(page, `system-${look.name}`)
    })
    const page = await view.page('/system')
    await page.locator('[aria-labelledby="s-coupon"] .state-running').first().waitFor(IN_TIME)
    system.signal('coupon', 'SIGSTOP')
    try {
      await page.locator('[aria-labelledby="s-coupon"] .state-down').waitFor(IN_TIME)
    } finally {
      system.signal('coupon', 'SIGCONT')
    }
    await page.locator('[aria-labelledby="s-coupon"] h2 .state-running').waitFor(IN_TIME)
  })

  it('shows every contract with its versions, examples and readers', async () => {
    await inEachLook(async (look) => {
      const page = await view.page('/contracts#OrderCreated', look)
      const created = page.locator('#OrderCreated')
      await created.getByText('urn:chorus:event:OrderCreated:1', { exact: true }).waitFor(IN_TIME)
      await created.getByText('coupon reads').waitFor(IN_TIME)
      await view.look(page, `contracts-${look.name}`)
    })
  })

  it('places an order of every kind, and shows where it goes', async () => {
    await shop.product({ stock: 1000 })
    const ends = {
      plain: 'OrderCompleted',
      coupon: 'OrderCompleted',
      short: 'takes CouponUsed back',
      declined: 'takes StockDecremented back',
      stranger: 'CouponRejected',
    }
    for (const [kind, end] of Object.entries(ends)) {
      const page = await view.page('/try')
      await page.locator(`input[name=kind][value=${kind}]`).check()
      await page.getByLabel('Product', { exact: true }).selectOption({ index: 0 })
      await page.getByRole('button', { name: 'Place and watch' }).click()
      await page.waitForURL('**/flows/*', IN_TIME)
      await shows(page, end)
    }
  })

  it('switches the gateway, pauses and resumes a service', async () => {
    await inEachLook(async (look) => view.look(await view.page('/try', look), `try-${look.name}`))
    const page = await view.page('/try')
    await page.getByLabel('The payment gateway').selectOption('decline')
    await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Switch' }).click()])
    await until('the fault', async () => (await system.ask('gateway', '/faults')).body.mode === 'decline')
    await system.gatewayFault('none')
    const payment = page.getByRole('row', { name: /^payment/ })
    const press = async (name: string) => {
      await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name }).click()])
    }
    await press('pause payment')
    try {
      await until('payment to be seen paused', async () => {
        await page.reload()
        return (await payment.getByText('does not answer').count()) === 1
      })
    } finally {
      await press('resume payment')
    }
    await until('payment to be seen running', async () => {
      await page.reload()
      return (await payment.getByText('answers', { exact: true }).count()) === 1
    })
  })
})
