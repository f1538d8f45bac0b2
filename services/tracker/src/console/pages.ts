import { Problem, readPage, type PagesContext } from '@chorus/chassis'
import type { Topology } from '@chorus/contracts'
import express, { Router, type RequestHandler } from 'express'
import type { Knex } from 'knex'
import type { Changes } from '../changes.js'
import { countFlows, findFlows, flowView, readStory, stuckFlows, type FlowView } from '../queries.js'
import { AGES, begunIn } from './ages.js'
import { behindOf } from './behind.js'
import { contractsPage } from './contracts-view.js'
import { flowPage } from './flow-view.js'
import { lettersPages } from './letters-pages.js'
import { live } from './live.js'
import { assets } from './render.js'
import { replayPages } from './replay-pages.js'
import { ifSoon, show, textOf } from './requests.js'
import { adminsOnly, signIn } from './session.js'
import { Suspects } from './suspects.js'
import { systemPage } from './system-view.js'
import { nothingHere, troublePage } from './trouble.js'
import { tryPages, type TryOptions } from './try-pages.js'

export interface ConsoleOptions extends PagesContext, TryOptions {
  changes: Changes
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const PAGES = ['/flows', '/system', '/dead-letters', '/replay', '/contracts', '/try']
const STUCK_SHOWN = 20
const PAGE = 50

const listed = (flow: FlowView) => ({ ...flow, ageMs: Date.now() - Date.parse(flow.startedAt) })

/** What the list of flows shows, as the search form asks. */
async function flowsView(knex: Knex, topology: Topology, query: Record<string, unknown>) {
  const [state, user] = [textOf(query.state), textOf(query.user)]
  const age = AGES.find((one) => one === query.age)
  const nowMs = Date.now()
  const rows = findFlows(knex, { state, user, ...begunIn(age, nowMs) })
  const [counts, stuck, page] = await Promise.all([
    countFlows(knex),
    stuckFlows(knex, STUCK_SHOWN),
    readPage(rows, { cursor: query.cursor, limit: PAGE }, flowView),
  ])
  const ends = topology.services.flatMap(({ ends }) => Object.values(ends))
  return {
    counts,
    states: ['OPEN', ...new Set(ends)],
    stuck: stuck.map(listed),
    flows: page.items.map(listed),
    next:
      page.nextCursor &&
      `?${String(new URLSearchParams({ state: state ?? '', user: user ?? '', age: age ?? '', cursor: page.nextCursor }))}`,
    state,
    user,
    age,
    ages: AGES,
    nowMs,
  }
}

const listPage =
  (options: ConsoleOptions): RequestHandler =>
  async (req, res) => {
    const id = textOf(req.query.id)?.trim().toLowerCase()
    if (id !== undefined && UUID.test(id)) return res.redirect(303, `/flows/${id}`)
    const [view, behind] = await Promise.all([
      flowsView(options.knex, options.topology, req.query),
      ifSoon(behindOf(options)),
    ])
    show(req, res, 'flows', { title: 'Flows', page: 'flows', ...view, behind, unknownId: id })
  }

/** An order that nothing was heard of is a page too: it may come yet. */
function onePage(options: ConsoleOptions): RequestHandler<{ id: string }> {
  const { knex, topology, system, changes } = options
  const suspectsKnown = new Suspects(system)
  return async (req, res) => {
    const id = req.params.id.toLowerCase()
    if (!UUID.test(id))
      throw new Problem('NOT_FOUND', `“${id}” is no id of an order: it has to be a whole UUID.`)
    const nowMs = Date.now()
    const told = async () => {
      const story = await readStory(knex, id, topology)
      const due = story?.expected.filter(({ sinceMs }) => sinceMs <= nowMs) ?? []
      const named = suspectsKnown.of(due, id, req.headers.authorization ?? '')
      return { story, suspects: await ifSoon(named, () => changes.tell([id])) }
    }
    const [{ story, suspects }, behind] = await Promise.all([told(), ifSoon(behindOf(options))])
    const flow = story && flowPage(story, topology, suspects ?? [], nowMs)
    show(req, res, 'flow', { title: `Order ${id.slice(0, 8)}`, page: 'flows', id, flow, behind, nowMs })
  }
}

const flows = (options: ConsoleOptions): Router =>
  Router()
    .get('/flows', listPage(options))
    .get(
      '/flows/live',
      live(options.changes, () => true),
    )
    .get('/flows/:id', onePage(options))
    .get(
      '/flows/:id/live',
      live(options.changes, ({ id }, flowIds) => flowIds.includes(id!)),
    )

const systemHandler =
  ({ topology, system }: ConsoleOptions): RequestHandler =>
  async (req, res) => {
    const health = await system.look().catch(() => [])
    const view = { title: 'System', page: 'system', nowMs: Date.now(), ...systemPage(topology, health) }
    show(req, res, 'system', view)
  }

/** The web console: pages for people, for admins only. */
export const consolePages = (options: ConsoleOptions): Router =>
  Router()
    .use('/assets', express.static(assets, { index: false, maxAge: '1h' }))
    .use(signIn(options))
    .get('/', (_req, res) => res.redirect(303, '/flows'))
    .use(['/api', ...PAGES], (_req, _res, next) => {
      options.changes.asked()
      next()
    })
    .use(PAGES, adminsOnly(options.authenticate))
    .use(flows(options))
    .get('/system', systemHandler(options))
    .get('/contracts', (req, res) =>
      show(req, res, 'contracts', {
        title: 'Contracts',
        page: 'contracts',
        ...contractsPage(options.topology),
      }),
    )
    .use(lettersPages({ urls: options.shop.urls, names: options.topology.services.map(({ name }) => name) }))
    .use(replayPages({ ...options, urls: options.shop.urls }))
    .use(tryPages(options))
    .use(PAGES, nothingHere)
    .use(troublePage(options.log))
