import { Problem, type Authenticate } from '@chorus/chassis'
import express, { Router, type Request, type RequestHandler, type Response } from 'express'
import { createHash } from 'node:crypto'
import type { Knex } from 'knex'
import type { Local } from '../local.js'
import { render } from './render.js'

export interface SessionOptions {
  knex: Knex
  authenticate: Authenticate
  local: Local | undefined
}

const SESSION_S = 12 * 3600
const CODE_LIVES_S = 900
const SAFE = new Set(['GET', 'HEAD'])
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/

/** Ports of one host share their cookies, so the name tells the port. */
const cookieOf = (req: Request) => `chorus_console_${req.socket.localPort ?? ''}`

const cookieIn = (req: Request): string | undefined => {
  const name = `${cookieOf(req)}=`
  const found = req.headers.cookie?.split('; ').find((pair) => pair.startsWith(name))
  return found?.slice(name.length)
}

/** True for a request that this console's own pages made; another port of this host is another origin. */
function isOwn(req: Request): boolean {
  const site = req.get('Sec-Fetch-Site')
  if (site !== undefined) return site === 'same-origin'
  return req.get('Origin') === `${req.protocol}://${req.get('Host') ?? ''}`
}

/** The cookie says who calls, unless the request says it itself; what changes anything must come from a page of ours. */
const fromCookie: RequestHandler = (req, _res, next) => {
  const token = cookieIn(req)
  if (req.headers.authorization === undefined && token !== undefined && JWT.test(token)) {
    if (!SAFE.has(req.method) && !isOwn(req))
      throw new Problem('ADMIN_REQUIRED', 'The request comes from another page.')
    req.headers.authorization = `Bearer ${token}`
  }
  next()
}

function keep(req: Request, res: Response, token: string): void {
  res.cookie(cookieOf(req), token, {
    httpOnly: true,
    sameSite: 'strict',
    secure: req.secure,
    maxAge: SESSION_S * 1000,
    encode: String,
  })
  res.redirect(303, '/flows')
}

/** A code opens the console once. */
async function spend(knex: Knex, code: string): Promise<boolean> {
  await knex('sign_ins').whereRaw('expires_at < now()').del()
  // Without the signature: for one text there can be several that are valid.
  const signed = code.slice(0, code.lastIndexOf('.'))
  const id = createHash('sha256').update(signed).digest('base64url')
  const expires_at = new Date(Date.now() + CODE_LIVES_S * 1000)
  const rows = await knex('sign_ins').insert({ id, expires_at }).onConflict('id').ignore().returning('id')
  return rows.length > 0
}

const signInPage = (res: Response, local: Local | undefined, trouble?: string) =>
  void res
    .status(trouble === undefined ? 200 : 401)
    .type('html')
    .send(render('sign-in', { title: 'Sign in', page: 'sign-in', local: local !== undefined, trouble }))

const isAdmin = async (authenticate: Authenticate, req: Request) => (await authenticate(req)).admin

const openByCode =
  ({ knex, local }: SessionOptions): RequestHandler =>
  async (req, res) => {
    const { code } = req.query
    if (typeof code !== 'string' || !local) return signInPage(res, local)
    const user = await local.check(code).catch(() => undefined)
    if (user === undefined || !(await spend(knex, code)))
      return signInPage(res, local, 'This link was used before, or it is too old.')
    keep(req, res, await local.sign(user, true, SESSION_S))
  }

const openByToken =
  ({ authenticate, local }: SessionOptions): RequestHandler =>
  async (req, res) => {
    const { token = '' } = (req.body ?? {}) as { token?: string }
    req.headers.authorization = `Bearer ${token.trim()}`
    const admin = isOwn(req) && (await isAdmin(authenticate, req).catch(() => false))
    if (!admin) return signInPage(res, local, 'This is no valid token with the role admin.')
    keep(req, res, token.trim())
  }

/** Signing in: by a code of the launcher, or with an access token that has the role admin. */
export const signIn = (options: SessionOptions): Router =>
  Router()
    .use(fromCookie)
    .get('/sign-in', openByCode(options))
    .post('/sign-in', express.urlencoded({ extended: false, limit: '16kb' }), openByToken(options))
    .post('/sign-out', (req, res) => {
      res.clearCookie(cookieOf(req), { httpOnly: true, sameSite: 'strict' })
      res.redirect(303, '/sign-in')
    })

/** Lets admins through; sends everybody else to the sign-in page. */
export const adminsOnly =
  (authenticate: Authenticate): RequestHandler =>
  async (req, res, next) => {
    if (await isAdmin(authenticate, req).catch(() => false)) return next()
    res.redirect(303, '/sign-in')
  }
