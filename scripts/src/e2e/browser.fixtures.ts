import { existsSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import axe from 'axe-core'
import { expect } from 'chai'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { consoleUrl } from '../console-commands/console.js'
import type { System } from './system.js'

/** Build output: to be looked at, never committed. */
const SHOTS = fileURLToPath(new URL('../../dist/screenshots', import.meta.url))
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const GRAVE = new Set(['serious', 'critical'])
const COLOURS: axe.RunOptions = { runOnly: { type: 'rule', values: ['color-contrast'] } }

const HOW_TO_GET_ONE = `No browser was found, so the console's browser specs are skipped.
To run them: apt-get install chromium, or set CHORUS_BROWSER to a Chromium or Chrome.`

/** How a page is looked at. */
export const LOOKS = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  { name: 'phone', colorScheme: 'light', viewport: { width: 390, height: 844 } },
] as const

const onPath = () =>
  (process.env.PATH ?? '')
    .split(path.delimiter)
    .flatMap((folder) => NAMES.map((name) => path.join(folder, name)))
    .find((file) => existsSync(file))

/**
 * Finds a browser. Chorus itself needs none, so whoever has none may still run all other specs: these are skipped and
 * counted. CI sets CHORUS_BROWSER, and then they are not.
 * @throws Error when CHORUS_BROWSER names none
 */
export function browserHere(): string | undefined {
  const asked = process.env.CHORUS_BROWSER
  if (asked !== undefined && asked !== '') {
    if (existsSync(asked)) return asked
    throw new Error(`CHORUS_BROWSER is ${asked}, which does not exist`)
  }
  const found = onPath()
  if (found === undefined) console.log(HOW_TO_GET_ONE)
  return found
}

/** The console of a system in a real browser, signed in. */
export class Console {
  private readonly errors: string[] = []
  private readonly contexts: BrowserContext[] = []

  private constructor(
    private readonly browser: Browser,
    readonly address: string,
    private readonly state: Awaited<ReturnType<BrowserContext['storageState']>>,
  ) {}

  /** Starts a browser and signs in by the link that the launcher makes. */
  static async open(system: System, executablePath: string): Promise<Console> {
    const browser = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    })
    const link = (await consoleUrl(system.run))!
    const context = await browser.newContext()
    await (await context.newPage()).goto(link)
    const state = await context.storageState()
    await context.close()
    return new Console(browser, new URL(link).origin, state)
  }

  /** Opens a page. What its console says of errors is remembered. */
  async page(where: string, look: (typeof LOOKS)[number] = LOOKS[0], signedIn = true): Promise<Page> {
    const { colorScheme, viewport } = look
    const context = await this.browser.newContext({
      colorScheme,
      viewport,
      ...(signedIn && { storageState: this.state }),
    })
    this.contexts.push(context)
    const page = await context.newPage()
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(`${page.url()}: ${message.text()}`)
    })
    page.on('pageerror', (error) => this.errors.push(`${page.url()}: ${error.message}`))
    await page.goto(`${this.address}${where}`)
    return page
  }

  /** Takes a picture, and has axe look for what shuts people out; of the dark theme only its colours: nothing else differs. */
  async look(page: Page, name: string): Promise<void> {
    mkdirSync(SHOTS, { recursive: true })
    await page.screenshot({ path: path.join(SHOTS, `${name}.png`), fullPage: true })
    const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
    expect(wide, `${name} is wider than the window`).to.be.at.most(0)
    if (!name.endsWith('-phone')) await this.checkWithAxe(page, name.endsWith('-dark') ? COLOURS : {})
  }

  private async checkWithAxe(page: Page, only: axe.RunOptions): Promise<void> {
    await page.evaluate(axe.source)
    const { violations } = await page.evaluate(
      (options) => (globalThis as unknown as { axe: typeof axe }).axe.run(options),
      { ...only, resultTypes: ['violations'] } satisfies axe.RunOptions,
    )
    const grave = violations.filter(({ impact }) => GRAVE.has(impact ?? ''))
    expect(grave.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])).to.eql([])
  }

  /** Closes the pages. @returns what their consoles said of errors */
  async closePages(): Promise<string[]> {
    await Promise.all(this.contexts.splice(0).map((context) => context.close()))
    return this.errors.splice(0)
  }

  close(): Promise<void> {
    return this.browser.close()
  }
}
