import type { RequestHandler } from 'express'
import type { Knex } from 'knex'
import type { Authenticate } from './auth.js'
import { Unavailable } from './executor.js'
import { callerOf, paramsOf } from './handlers.js'
import { Problem } from './problem.js'
import type { QueryInput, Sight, StreamRoute } from './routes.js'
import { openStream } from './streams.js'
import type { Watchers } from './watchers.js'

export interface StreamContext {
  knex: Knex
  authenticate: Authenticate
  watchers: Watchers
}

/** Another process of this service may change the row too; it tells nobody here. */
const LOOK_AGAIN_MS = 1000
/** Each costs a query a second. */
const MOST_STREAMS = 500

/** Looks whenever it is told, one look at a time, and once more when it was told meanwhile. */
function looker(look: () => Promise<void>): () => void {
  let wanted = false
  let looking = false
  const work = async () => {
    looking = true
    while (wanted) {
      wanted = false
      // The database is away: the next look will tell.
      await look().catch(() => {})
    }
    looking = false
  }
  return () => {
    wanted = true
    if (!looking) void work()
  }
}

/** Serves a read that goes on. A client that comes back says what it saw last, and is not sent that again. */
export function streamHandler(route: StreamRoute, context: StreamContext): RequestHandler {
  const { knex, authenticate, watchers } = context
  let open = 0
  return async (req, res) => {
    const caller = await callerOf(req, route, authenticate)
    const input: QueryInput = { caller, params: paramsOf(req), query: {} }
    const first = await route.look(knex, input)
    if (!first) throw new Problem('NOT_FOUND', 'There is nothing at this address for you.')
    let seen = req.get('Last-Event-ID')
    // To a browser that comes back for more, 204 says that there is no more.
    if (first.last && first.id === seen) return void res.status(204).end()
    if (open >= MOST_STREAMS) throw new Unavailable('too many streams are open')
    const show = (sight: Sight) => {
      if (sight.id !== seen) stream.send({ id: sight.id, data: JSON.stringify(sight.view) })
      seen = sight.id
      if (sight.last) stream.end()
    }
    const again = looker(async () => {
      const sight = await route.look(knex, input)
      if (sight && !stream.closed()) show(sight)
    })
    const stop = watchers.watch(route.follows, input.params.id!, again)
    const timer = setInterval(again, LOOK_AGAIN_MS)
    open++
    const stream = openStream(req, res, () => {
      open--
      clearInterval(timer)
      stop()
    })
    show(first)
    again()
  }
}
