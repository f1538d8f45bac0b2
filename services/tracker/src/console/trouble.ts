import { Problem, problemOf, type Log } from '@chorus/chassis'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import { isPart } from './requests.js'
import { render } from './render.js'

/** For addresses under a page that are none. */
export const nothingHere: RequestHandler = (_req, _res, next) =>
  next(new Problem('NOT_FOUND', 'There is no page at this address.'))

/** Says on a page what went wrong; whoever asks for no page gets a problem document. */
export const troublePage =
  (log: Log): ErrorRequestHandler =>
  (error, req, res, next) => {
    if (res.headersSent || isPart(req) || req.accepts('html') === false) return next(error)
    const { status, title, detail, requestId } = problemOf(error, req, log)
    const said = detail === title ? {} : { detail }
    const logged = status >= 500 ? { requestId } : {}
    res
      .status(status)
      .type('html')
      .send(render('trouble', { title, page: 'trouble', ...said, ...logged }))
  }
