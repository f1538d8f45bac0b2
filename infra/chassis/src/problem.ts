import { problems, type ProblemCode } from '@chorus/contracts'
import type { NextFunction, Request, Response } from 'express'
import { errors as joseErrors } from 'jose'
import { typeOf } from './documents/problems.js'
import { Unavailable } from './executor.js'
import { isTransient } from './database.js'
import type { Log } from './log.js'

/** An error that the caller can understand; see the catalogue of problems in the contracts. */
export class Problem extends Error {
  constructor(
    readonly code: ProblemCode,
    /** What exactly is wrong with this request. */
    readonly detail: string,
  ) {
    super(`${code}: ${detail}`)
  }
}

const RETRY_AFTER_S = '2'

/** Answers with an RFC 9457 problem document. */
export function sendProblem(req: Request, res: Response, code: ProblemCode, detail: string): void {
  const { status, title, remedy } = problems[code]
  if (status === 503) res.setHeader('Retry-After', RETRY_AFTER_S)
  if (status === 401) res.setHeader('WWW-Authenticate', 'Bearer')
  res
    .status(status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: typeOf(code),
        title,
        status,
        code,
        detail,
        remedy,
        instance: req.originalUrl.split('?')[0],
        requestId: req.id,
      }),
    )
}

/** body-parser's errors by their `type`. */
const BODY_ERRORS: Record<string, ProblemCode> = {
  'entity.too.large': 'BODY_TOO_LARGE',
  'entity.parse.failed': 'BODY_MALFORMED',
  'encoding.unsupported': 'MEDIA_TYPE_UNSUPPORTED',
  'charset.unsupported': 'MEDIA_TYPE_UNSUPPORTED',
  'request.aborted': 'BODY_MALFORMED',
  'request.size.invalid': 'BODY_MALFORMED',
}

function codeOf(error: unknown): ProblemCode | undefined {
  if (error instanceof Problem) return error.code
  if (error instanceof Unavailable || isTransient(error)) return 'UNAVAILABLE'
  if (error instanceof joseErrors.JOSEError) return 'TOKEN_INVALID'
  if (error instanceof URIError) return 'NOT_FOUND'
  const type = error instanceof Error && 'type' in error ? String(error.type) : ''
  return BODY_ERRORS[type]
}

/** Turns whatever was thrown into a problem document; only what nobody foresaw is a 500, and only that is logged as an error. */
export const problemHandler =
  (log: Log) =>
  (error: unknown, req: Request, res: Response, next: NextFunction): void => {
    if (res.headersSent) return next(error)
    const code = codeOf(error) ?? 'INTERNAL'
    if (code === 'INTERNAL') log.error({ err: error, requestId: req.id }, 'a request failed')
    if (code === 'UNAVAILABLE') log.warn({ err: error, requestId: req.id }, 'a request could not be served')
    const detail = error instanceof Problem ? error.detail : problems[code].title
    sendProblem(req, res, code, detail)
  }
