import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { problems, type ProblemCode } from '@chorus/contracts'
import type { NextFunction, Request, Response } from 'express'
import { errors as joseErrors } from 'jose'
import { typeOf } from './documents/problems.js'
import { Unavailable } from './executor.js'
import { isTransient } from './database.js'
import { newId } from './ids.js'
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
const CONTENT_TYPE = 'application/problem+json'

/** An RFC 9457 problem document, as text. */
function documentOf(code: ProblemCode, detail: string, instance: string, requestId: string): string {
  const { status, title, remedy } = problems[code]
  return JSON.stringify({ type: typeOf(code), title, status, code, detail, remedy, instance, requestId })
}

/** Answers with a problem document. */
export function sendProblem(req: Request, res: Response, code: ProblemCode, detail: string): void {
  const { status } = problems[code]
  if (status === 503) res.setHeader('Retry-After', RETRY_AFTER_S)
  if (status === 401) res.setHeader('WWW-Authenticate', 'Bearer')
  const instance = req.originalUrl.split('?')[0]!
  res
    .status(status)
    .type(CONTENT_TYPE)
    .send(documentOf(code, detail, instance, req.id))
}

/** Answers what Node could not read as a request: there is no request, so nothing but the socket to answer on. */
export function refuseConnection(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const code = error.code === 'HPE_HEADER_OVERFLOW' ? 'HEADERS_TOO_LARGE' : 'REQUEST_MALFORMED'
  const { status, title } = problems[code]
  const id = newId()
  const text = documentOf(code, title, '', id)
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${CONTENT_TYPE}; charset=utf-8`,
    `Content-Length: ${Buffer.byteLength(text)}`,
    `X-Request-Id: ${id}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`)
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

/** What a request met with, in the words of the catalogue; only what nobody foresaw is a 500, and only that is logged as an error. */
export function problemOf(error: unknown, req: Request, log: Log) {
  const code = codeOf(error) ?? 'INTERNAL'
  if (code === 'INTERNAL') log.error({ err: error, requestId: req.id }, 'a request failed')
  if (code === 'UNAVAILABLE') log.warn({ err: error, requestId: req.id }, 'a request could not be served')
  const detail = error instanceof Problem ? error.detail : problems[code].title
  return { ...problems[code], code, detail, requestId: req.id }
}

/** Turns whatever was thrown into a problem document. */
export const problemHandler =
  (log: Log) =>
  (error: unknown, req: Request, res: Response, next: NextFunction): void => {
    if (res.headersSent) return next(error)
    const { code, detail } = problemOf(error, req, log)
    sendProblem(req, res, code, detail)
  }
