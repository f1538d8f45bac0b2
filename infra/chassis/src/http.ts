import { createServer, type Server } from 'node:http'
import express, { type Express, type RequestHandler } from 'express'
import helmet from 'helmet'
import { routesOf } from './admin/routes.js'
import { documents } from './documents/serve.js'
import { actionHandler, commandHandler, queryHandler, type HandlerContext } from './handlers.js'
import type { Log } from './log.js'
import type { Metrics } from './metrics.js'
import type { Route } from './routes.js'
import { problemHandler, refuseConnection, sendProblem } from './problem.js'
import { requestLog } from './request-log.js'
import { streamHandler } from './stream-handler.js'
import { endStreams } from './streams.js'
import type { Tracing } from './tracing/tracing.js'

const BODY_LIMIT = '64kb'
/** Pages are also read over plain HTTP on a loopback address, where their links must not turn to https. */
const forPages = helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } })
/** Data loads nothing and opens nothing, so what only steers a page is left out: half of the headers of an answer. */
const forData = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  referrerPolicy: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
})

export interface HttpOptions extends HandlerContext {
  metrics: Metrics
  tracing?: Tracing | undefined
  log: Log
  /** False while the service cannot take its part: it gets no traffic then. */
  ready(): boolean
}

const readBody = express.json({ limit: BODY_LIMIT, inflate: false })

function handlersOf(route: Route, options: HttpOptions): RequestHandler[] {
  if ('rule' in route) {
    const spans = options.tracing ? [options.tracing.requests(route)] : []
    return [...spans, readBody, commandHandler(route, options)]
  }
  if ('look' in route) return [streamHandler(route, options)]
  return 'act' in route ? [readBody, actionHandler(route, options)] : [queryHandler(route, options)]
}

function mount(app: Express, options: HttpOptions): void {
  const routes = routesOf(options.service)
  for (const route of routes)
    // How long a stream goes on says nothing of the service.
    app[route.method](
      route.path,
      ...('look' in route ? [] : [options.metrics.timed(route)]),
      ...handlersOf(route, options),
    )
  for (const path of new Set(routes.map((route) => route.path))) {
    const allowed = routes.filter((route) => route.path === path).map(({ method }) => method.toUpperCase())
    app.all(path, (req, res) => {
      res.setHeader('Allow', allowed.join(', '))
      sendProblem(req, res, 'METHOD_NOT_ALLOWED', `${req.method} is not possible here.`)
    })
  }
}

/** Answers have no validators, so none can be still fresh; express would take `If-None-Match: *` for one that is. */
const unconditional: RequestHandler = (req, _res, next) => {
  delete req.headers['if-none-match']
  delete req.headers['if-modified-since']
  next()
}

/** Builds the HTTP side of a service from its routes, with the documents that describe it. */
export function createApp(options: HttpOptions): Express {
  const app = express()
  app.disable('x-powered-by')
  app.set('etag', false)
  app.use(requestLog(options.log), forData, unconditional)
  mount(app, options)
  app.get('/livez', (_req, res) => void res.json({ status: 'live' }))
  app.get('/readyz', (_req, res) => {
    const ready = options.ready()
    res.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not ready' })
  })
  app.get('/metrics', async (_req, res) => {
    res.type(options.metrics.contentType).send(await options.metrics.text())
  })
  app.use(forPages)
  if (options.service.pages) app.use(options.service.pages(options))
  app.use(documents(options.service))
  app.use((req, res) => sendProblem(req, res, 'NOT_FOUND', 'There is nothing at this address.'))
  app.use(problemHandler(options.log))
  return app
}

/** Listens; rejects when the port is taken. */
export async function listen(app: Express, host: string, port: number): Promise<Server> {
  const server = createServer({ keepAliveTimeout: 65_000, requestTimeout: 30_000 }, app)
  // An expectation that nobody knows may be ignored; else Node answers 417, with nothing to say why.
  server.on('checkExpectation', app)
  server.on('clientError', refuseConnection)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return server
}

/** Takes no new connection, lets the requests at hand end; ends the streams, whose clients come back. */
export const closeServer = (server: Server) =>
  new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
    endStreams(server)
  })
