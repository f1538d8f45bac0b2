import { authenticator } from '@chorus/chassis'
import type { Request } from 'express'
import { importJWK, SignJWT, type JWK } from 'jose'
import type { Kafka } from 'kafkajs'
import { readFileSync } from 'node:fs'
import path from 'node:path'

/** What only a stack on the same machine allows for. */
export interface Local {
  /** Signs an access token. */
  sign(userId: string, admin: boolean, ttlSeconds: number): Promise<string>
  /** Whom a sign-in code of the launcher is for. @throws a jose error when it is none */
  check(code: string): Promise<string>
  /** Sends a signal to a service's process. @returns false when the launcher runs no such service, or not just now */
  signal(service: string, signal: NodeJS.Signals): boolean
  /** Address of a service's database, with the rights of the service itself. */
  databaseUrl(service: string): string
  /** A client that may move offsets. */
  kafka: Kafka
}

export interface LocalOptions {
  /** Folder of the stack: its keys, and run.json. */
  home: string
  kafka: Kafka
  issuer: string
  audience: string
  jwksUrl: string
}

/** Audience of the codes that the launcher makes: they open the console, once, and nothing else. */
const CODE_AUDIENCE = 'chorus-console'

interface RunFile {
  parts: Record<string, { pid: number }>
  ports: Record<string, number>
  services: string[]
}

const readJson = <T>(...parts: string[]) => JSON.parse(readFileSync(path.join(...parts), 'utf8')) as T

/** Opens the stack on this machine. */
export function openLocal({ home, kafka, issuer, audience, jwksUrl }: LocalOptions): Local {
  const verify = authenticator({ jwksUrl, issuer, audience: CODE_AUDIENCE })
  return {
    kafka,
    async sign(userId, admin, ttlSeconds) {
      const jwk = readJson<JWK>(home, 'keys', 'signing-key.json')
      return new SignJWT(admin ? { roles: ['admin'] } : {})
        .setProtectedHeader({ alg: 'ES256', kid: jwk.kid ?? '' })
        .setSubject(userId)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(`${ttlSeconds} s`)
        .sign(await importJWK(jwk, 'ES256'))
    },
    async check(code) {
      const { userId } = await verify({ headers: { authorization: `Bearer ${code}` } } as Request)
      return userId
    },
    signal(service, signal) {
      const { parts, services } = readJson<RunFile>(home, 'run.json')
      const part = parts[service]
      if (!services.includes(service) || !part) return false
      try {
        return process.kill(part.pid, signal)
      } catch {
        // It ended, and is not started anew yet.
        return false
      }
    },
    databaseUrl(service) {
      const { ports } = readJson<RunFile>(home, 'run.json')
      const role = `${service}_app`
      const password = readJson<Record<string, string>>(home, 'keys', 'passwords.json')[role] ?? ''
      return `postgres://${role}:${encodeURIComponent(password)}@127.0.0.1:${ports.postgres}/${service}`
    },
  }
}
