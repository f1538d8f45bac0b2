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
  return async (req) => {
    const header = req.headers.authorization
    if (header === undefined) throw new Problem('TOKEN_MISSING', 'There is no Authorization header.')
    const token = BEARER.exec(header)?.[1]
    if (token === undefined)
      throw new Problem('TOKEN_INVALID', 'The Authorization header is not "Bearer <token>".')
    const { payload } = await jwtVerify(token, keys, rules)
    const userId = String(payload.sub)
    if (!USER_ID.test(userId))
      throw new Problem('TOKEN_INVALID', 'The subject of the token is not a user id.')
    return { userId, admin: Array.isArray(payload.roles) && payload.roles.includes('admin') }
  }
}
