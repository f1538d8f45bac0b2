import type { Topology } from '@chorus/contracts'
import express, { Router, type Request, type RequestHandler, type Response } from 'express'
import type { Local } from '../local.js'
import type { System } from '../system.js'
import { render } from './render.js'
import { formOf, inWords, isPart, show } from './requests.js'
import { FAULTS, GLANCE_MS, KINDS, TryIt, type Kind, type ShopAddresses } from './try.js'

export interface TryOptions {
  topology: Topology
  system: System
  local: Local | undefined
  shop: ShopAddresses
}

const MOST = 500
const SIGNALS: Record<string, NodeJS.Signals> = {
  kill: 'SIGKILL',
  restart: 'SIGTERM',
  pause: 'SIGSTOP',
  resume: 'SIGCONT',
}

const ACTIONS = Object.keys(SIGNALS)

/** The services, as often as the open page asks. */
async function showServices(req: Request, res: Response, system: System): Promise<void> {
  show(req, res, 'try', { health: await system.look().catch(() => []), actions: ACTIONS })
}

/** The page, with what it knows of the shop; a service that is down must not take the page with it. */
async function showTry(
  req: Request,
  res: Response,
  { system }: TryOptions,
  tryIt: TryIt,
  trouble?: string,
): Promise<void> {
  const [products, fault, health] = await Promise.all([
    tryIt.products(GLANCE_MS).catch(() => []),
    tryIt.fault().catch(() => undefined),
    system.look().catch(() => []),
  ])
  if (trouble !== undefined) res.status(422)
  show(req, res, 'try', {
    title: 'Try it',
    page: 'try',
    products,
    fault,
    health,
    trouble,
    kinds: KINDS,
    faults: FAULTS,
    actions: ACTIONS,
    most: MOST,
    nowMs: Date.now(),
  })
}

const place =
  (options: TryOptions, tryIt: TryIt): RequestHandler =>
  async (req, res) => {
    const { kind = '', product: id, count = '1' } = formOf(req.body)
    const number = Number(count)
    if (!(kind in KINDS) || !Number.isInteger(number) || number < 1 || number > MOST)
      return showTry(req, res, options, tryIt, `Place 1 to ${MOST} orders of a kind that is listed.`)
    try {
      const product = (await tryIt.products()).find((one) => one.id === id)
      if (!product) return await showTry(req, res, options, tryIt, 'There is no such product any more.')
      const [first] = await tryIt.place(kind as Kind, product, number)
      res.redirect(303, number === 1 ? `/flows/${first}` : '/flows')
    } catch (error) {
      await showTry(req, res, options, tryIt, `The order was not taken. ${inWords(error)}`)
    }
  }

const setFault =
  (options: TryOptions, tryIt: TryIt): RequestHandler =>
  async (req, res) => {
    const { mode = '' } = formOf(req.body)
    if (!(mode in FAULTS)) return showTry(req, res, options, tryIt, 'The gateway has no such fault.')
    try {
      await tryIt.setFault(mode)
      res.redirect(303, '/try')
    } catch (error) {
      await showTry(req, res, options, tryIt, `The gateway was not switched. ${inWords(error)}`)
    }
  }

const act =
  (options: TryOptions, local: Local, tryIt: TryIt): RequestHandler =>
  async (req, res) => {
    const { service = '', action = '' } = formOf(req.body)
    const signal = SIGNALS[action]
    if (signal === undefined || !local.signal(service, signal))
      return showTry(
        req,
        res,
        options,
        tryIt,
        'The launcher runs no such service, or it is just being started.',
      )
    res.redirect(303, '/try')
  }

/** Orders of every kind, faults and kills: only where the stack runs on this machine. */
export function tryPages(options: TryOptions): Router {
  const { local, shop } = options
  const router = Router()
  if (!local) {
    const nothing = { title: 'Try it', page: 'try', local: false }
    return router.get('/try', (_req, res) => void res.type('html').send(render('try-elsewhere', nothing)))
  }
  const tryIt = new TryIt(shop, local)
  const page: RequestHandler = (req, res) =>
    isPart(req) ? showServices(req, res, options.system) : showTry(req, res, options, tryIt)
  return router
    .use('/try', express.urlencoded({ extended: false, limit: '4kb' }))
    .get('/try', page)
    .post('/try/orders', place(options, tryIt))
    .post('/try/faults', setFault(options, tryIt))
    .post('/try/services', act(options, local, tryIt))
}
