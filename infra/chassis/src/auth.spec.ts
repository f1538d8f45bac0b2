import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import type { Request } from 'express'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose'
import { authenticator, type Authenticate } from './auth.js'

const carrying = (token: string) => ({ headers: { authorization: `Bearer ${token}` } }) as Request

describe('the authenticator', () => {
  let folder: string
  let key: CryptoKey
  let authenticate: Authenticate
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'chorus-auth-'))
    const { privateKey, publicKey } = await generateKeyPair('ES256')
    key = privateKey
    const file = join(folder, 'jwks.json')
    writeFileSync(file, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256' }] }))
    authenticate = authenticator({ jwksUrl: pathToFileURL(file).href, issuer: 'i', audience: 'a' })
  })
  after(() => rmSync(folder, { recursive: true }))

  const signed = (userId: string, expiresInSeconds: number) =>
    new SignJWT({ roles: ['admin'] })
      .setProtectedHeader({ alg: 'ES256' })
      .setSubject(userId)
      .setIssuer('i')
      .setAudience('a')
      .setExpirationTime(Math.floor(Date.now() / 1000) + expiresInSeconds)
      .sign(key)

  it('knows a token again that was found good', async () => {
    const token = await signed('ann', 60)
    const first = await authenticate(carrying(token))
    expect(first).to.eql({ userId: 'ann', admin: true })
    expect(await authenticate(carrying(token))).to.equal(first)
  })

  it('does not take a token for another that differs in its signature only', async () => {
    const token = await signed('ann', 60)
    await authenticate(carrying(token))
    const [head, body] = token.split('.')
    const [, , other] = (await signed('bob', 60)).split('.')
    const error: unknown = await authenticate(carrying([head, body, other].join('.'))).catch(
      (e: unknown) => e,
    )
    expect(error).to.have.property('code', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED')
  })

  it('does not keep a token beyond its end, though its clock may be a little late', async () => {
    const token = await signed('ann', -2)
    const first = await authenticate(carrying(token))
    expect(await authenticate(carrying(token)))
      .to.eql(first)
      .and.not.equal(first)
  })
})
