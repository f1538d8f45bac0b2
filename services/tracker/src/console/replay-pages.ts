import { groupOf } from '@chorus/chassis/operate'
import type { DeclaredService, Topology } from '@chorus/contracts'
import express, { Router, type Request, type RequestHandler, type Response } from 'express'
import type { Local } from '../local.js'
import { commandOf, FILTERS, kafkaCommandOf, planView, runView, wantedIn } from './replay-view.js'
import { Replays } from './replays.js'
import { formOf, inWords, show, type Form } from './requests.js'

export interface ReplayPagesOptions {
  topology: Topology
  urls: Readonly<Record<string, string>>
  local: Local | undefined
}

const serviceIn = ({ topology }: ReplayPagesOptions, name: string | undefined) =>
  topology.services.find((service) => service.name === name)

/** Fields of the form as they were filled in, and what there is to choose from. */
function formView({ topology }: ReplayPagesOptions, form: Form) {
  const chosen = form.service
  const services = topology.services.filter(({ name }) => chosen === undefined || name === chosen)
  return {
    title: 'Replay',
    page: 'replay',
    services: topology.services.map(({ name }) => name),
    types: [...new Set(services.flatMap(({ hears }) => Object.keys(hears)))].toSorted(),
    topics: [...new Set(services.flatMap((service) => groupOf(service).topics))],
    asked: { service: chosen, ...Object.fromEntries(FILTERS.map((name) => [name, form[name] ?? ''])) },
  }
}

/** The commands that do what was asked for, where the console cannot. */
function commandsFor(service: DeclaredService, form: Form) {
  const wanted = wantedIn(form)
  return {
    commands: [commandOf(service.name, 'plan', wanted), commandOf(service.name, 'run', wanted)],
    kafkaCommand: kafkaCommandOf(service, wanted),
  }
}

/** The form, with the plan of what it asks for once it does. */
async function showPlan(
  options: ReplayPagesOptions,
  replays: Replays | undefined,
  req: Request,
  res: Response,
  trouble?: string,
) {
  const form = formOf(req.method === 'POST' ? req.body : req.query)
  const view = { ...formView(options, form), local: replays !== undefined, nowMs: Date.now() }
  const service = serviceIn(options, form.service)
  const unknown = form.service !== undefined && !service ? 'There is no such service.' : undefined
  if (trouble !== undefined || !service)
    return show(req, res, 'replay', { ...view, trouble: trouble ?? unknown })
  try {
    const found = replays
      ? { plan: planView(await replays.plan(service, wantedIn(form))) }
      : commandsFor(service, form)
    show(req, res, 'replay', { ...view, ...found })
  } catch (error) {
    show(req, res, 'replay', { ...view, trouble: inWords(error) })
  }
}

const begin =
  (options: ReplayPagesOptions, replays: Replays): RequestHandler =>
  async (req, res) => {
    const form = formOf(req.body)
    const service = serviceIn(options, form.service)
    try {
      if (!service) throw new Error('There is no such service.')
      await replays.start(service, wantedIn(form), req.headers.authorization ?? '')
      res.redirect(303, `/replay/${service.name}`)
    } catch (error) {
      await showPlan(options, replays, req, res.status(422), inWords(error))
    }
  }

const follow =
  (options: ReplayPagesOptions, replays: Replays): RequestHandler<{ service: string }> =>
  (req, res, next) => {
    const { service } = req.params
    if (!serviceIn(options, service)) return next()
    const replay = replays.of(service)
    const nowMs = Date.now()
    const run = replay && runView(replay, nowMs)
    show(req, res, 'replay-run', { title: `Replay of ${service}`, page: 'replay', service, run, nowMs })
  }

/** Lets a service consume again: what that would bring, then its run; only where the stack runs on this machine. */
export function replayPages(options: ReplayPagesOptions): Router {
  const { local, topology, urls } = options
  const replays = local && new Replays({ topology, urls, local })
  const router = Router().get('/replay', (req, res) => showPlan(options, replays, req, res))
  if (!replays) return router
  return router
    .use('/replay', express.urlencoded({ extended: false, limit: '4kb' }))
    .post('/replay', begin(options, replays))
    .get('/replay/:service', follow(options, replays))
}
