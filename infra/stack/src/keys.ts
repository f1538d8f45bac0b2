import { SignJWT, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { StackError } from './errors.js'
import { layoutOf, type Layout } from './layout.js'

/** Issuer and audience of the tokens of a stack. */
export const jwtIssuer = 'chorus-dev'
export const jwtAudience = 'chorus'

/** Database passwords by role. */
export type Passwords = Readonly<Record<string, string>>

/** Makes the signing key of an installation once: keys/signing-key.json (private) and keys/jwks.json (public). */
export async function makeKeys(layout: Layout): Promise<void> {
  const file = path.join(layout.keys, 'signing-key.json')
  if (existsSync(file) && existsSync(jwksFile(layout))) return
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const shown = await exportJWK(publicKey)
  const about = { kid: await calculateJwkThumbprint(shown), alg: 'ES256', use: 'sig' }
  writeSecret(file, { ...(await exportJWK(privateKey)), ...about })
  writeWhole(jwksFile(layout), JSON.stringify({ keys: [{ ...shown, ...about }] }, null, 2), 0o644)
}

/** The file: URL of the public keys. */
export function jwksUrl(layout: Layout): string {
  return pathToFileURL(jwksFile(layout)).href
}

/** Whom a token is for. */
export interface TokenFor {
  readonly userId: string
  /** Adds `roles: ["admin"]`. */
  readonly admin?: boolean
  /** Seconds until it expires; one hour when not said. */
  readonly ttlSeconds?: number
  /** Whom it is shown to; the services when not said. */
  readonly audience?: string
}

/**
 * Signs a token as the stack in `home` accepts it.
 * @throws StackError when nothing was ever started there.
 */
export async function signToken(
  home: string,
  { userId, admin = false, ttlSeconds = 3600, audience = jwtAudience }: TokenFor,
): Promise<string> {
  const file = path.join(layoutOf(home).keys, 'signing-key.json')
  if (!existsSync(file))
    throw new StackError(
      'There is no key to sign with',
      `${file} is missing: nothing was ever started there.`,
      'npx chorus up',
    )
  const jwk = JSON.parse(readFileSync(file, 'utf8')) as JWK
  return await new SignJWT(admin ? { roles: ['admin'] } : {})
    .setProtectedHeader({ alg: 'ES256', kid: jwk.kid ?? '' })
    .setSubject(userId)
    .setIssuer(jwtIssuer)
    .setAudience(audience)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(`${ttlSeconds} s`)
    .sign(await importJWK(jwk, 'ES256'))
}

/** The passwords of these roles; a role that has none yet gets one for good. */
export function passwordsFor(layout: Layout, roles: readonly string[]): Passwords {
  const kept: Passwords = existsSync(layout.passwords)
    ? (JSON.parse(readFileSync(layout.passwords, 'utf8')) as Passwords)
    : {}
  const fresh = roles.filter((role) => !(role in kept))
  if (fresh.length === 0) return kept
  const passwords = {
    ...kept,
    ...Object.fromEntries(fresh.map((role) => [role, randomBytes(24).toString('base64url')])),
  }
  writeSecret(layout.passwords, passwords)
  return passwords
}

/** Writes what Connect may read: `<role>=<password>` for the CDC roles. Returns the file. */
export function writeConnectSecrets(layout: Layout, passwords: Passwords): string {
  const file = path.join(layout.connectSecrets, 'cdc.properties')
  const lines = Object.entries(passwords)
    .filter(([role]) => role.endsWith('_cdc'))
    .map(([role, word]) => `${role}=${word}\n`)
  writeWhole(file, lines.join(''), 0o600)
  return file
}

function jwksFile(layout: Layout): string {
  return path.join(layout.keys, 'jwks.json')
}

function writeSecret(file: string, value: unknown): void {
  writeWhole(file, JSON.stringify(value, null, 2), 0o600)
}

function writeWhole(file: string, text: string, mode: number): void {
  writeFileSync(`${file}.new`, text, { mode })
  renameSync(`${file}.new`, file)
}
