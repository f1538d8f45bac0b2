import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Request } from 'express'
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  jwtVerify,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from 'jose'
import { LRUCache } from 'lru-cache'
import { Problem } from './problem.js'
import type { Caller } from './routes.js'

export interface AuthOptions {
  /** Where the public keys are: an https, http or file URL of a JWKS. */
  jwksUrl: string
  issuer: string
  audience: string
}

/** Finds out who calls. @throws Problem TOKEN_MISSING; a jose error when the token is not good */
export type Authenticate = (req: Request) => Promise<Caller>

/** Asymmetric only: with a symmetric algorithm, whoever can verify could also sign. */
const ALGORITHMS = ['ES256', 'EdDSA', 'RS256']
/** The scheme's name is case-insensitive (RFC 9110). */
const BEARER = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i
const USER_ID = /^[\x21-\x7e]{1,100}$/

/**
 * How long a token that was found good is not looked at again, ms. Checking a signature costs as much as the rest of a
 * request; in exchange a key that is taken back opens for so long still.
 */
const TRUSTED_MS = 60_000
const TOKENS_KEPT = 10_000

const keysFrom = (url: string): JWTVerifyGetKey =>
  url.startsWith('file:')
    ? createLocalJWKSet(JSON.parse(readFileSync(fileURLToPath(url), 'utf8')) as JSONWebKeySet)
    : createRemoteJWKSet(new URL(url))

/** Verifies bearer tokens: signature by JWKS, algorithm from an allow-list, issuer, audience, expiry. */
export function authenticator({ jwksUrl, issuer, audience }: AuthOptions): Authenticate {
  const keys = keysFrom(jwksUrl)
  const rules = {
    issuer,
    audience,
    algorithms: ALGORITHMS,
    requiredClaims: ['sub', 'exp'],
    clockTolerance: 5,
  }
  const trusted = new LRUCache<string, Caller>({ max: TOKENS_KEPT })
  return async (req) => {
    const header = req.headers.authorization
    if (header === undefined) throw new Problem('TOKEN_MISSING', 'There is no Authorization header.')
    const token = BEARER.exec(header)?.[1]
    if (token === undefined)
      throw new Problem('TOKEN_INVALID', 'The Authorization header is not "Bearer <token>".')
    const known = trusted.get(token)
    if (known) return known
    const { payload } = await jwtVerify(token, keys, rules)
    const userId = String(payload.sub)
    if (!USER_ID.test(userId))
      throw new Problem('TOKEN_INVALID', 'The subject of the token is not a user id.')
    const caller = { userId, admin: Array.isArray(payload.roles) && payload.roles.includes('admin') }
    const ttl = Math.min(TRUSTED_MS, payload.exp! * 1000 - Date.now())
    if (ttl >= 1) trusted.set(token, caller, { ttl })
    return caller
  }
}
