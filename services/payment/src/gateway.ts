import { Pool } from 'undici'

/** A charge to make. The key is its identity: however often it is sent, money moves once. */
export interface Charge {
  key: string
  /** Minor units. */
  amount: number
  currency: string
  token?: string
}

/** What the gateway says of a charge. */
export type ChargeAnswer =
  | { kind: 'captured'; reference: string }
  | { kind: 'declined'; reason: string }
  /** Time-out, broken connection or server error: it may have charged or not. */
  | { kind: 'unclear'; reason: string }

/** The external payment gateway, as the payment service needs it. It is told the trace context of each call. */
export interface Gateway {
  /** Never throws: what is not known is `unclear`. */
  charge(charge: Charge, traceparent?: string): Promise<ChargeAnswer>
  /** Asks what became of a charge. @throws when the gateway does not answer */
  find(key: string, traceparent?: string): Promise<ChargeAnswer | { kind: 'absent' }>
  /**
   * Gives a charge back if it was made, and makes sure that it never is if it was not. May be repeated.
   * @throws when the gateway does not answer
   */
  cancel(key: string, traceparent?: string): Promise<'REFUNDED' | 'VOIDED'>
}

interface Answer {
  id?: string
  status?: string
  reason?: string
}

const reasonOf = (reason: string | undefined) =>
  reason && /^[A-Z_]{1,60}$/.test(reason) ? reason : 'DECLINED'

function read(status: number, body: Answer): ChargeAnswer {
  if (body.status === 'CAPTURED' && body.id) return { kind: 'captured', reference: body.id.slice(0, 100) }
  if (body.status === 'DECLINED') return { kind: 'declined', reason: reasonOf(body.reason) }
  if (body.status === 'VOIDED' || body.status === 'REFUNDED') return { kind: 'declined', reason: 'VOIDED' }
  return { kind: 'unclear', reason: status >= 500 ? 'GATEWAY_ERROR' : 'GATEWAY_ANSWER_UNREADABLE' }
}

/**
 * A gateway that is a function: it captures at once, and declines the sandbox's `tok_decline`. It keeps no books and
 * forgets when the process ends, so it is for benches only, beside systems whose payment step is a function.
 */
export function functionGateway(): Gateway {
  const answers = new Map<string, ChargeAnswer>()
  return {
    charge({ key, token }) {
      const answer: ChargeAnswer =
        token === 'tok_decline'
          ? { kind: 'declined', reason: 'CARD_DECLINED' }
          : { kind: 'captured', reference: `fn_${key}` }
      answers.set(key, answer)
      return Promise.resolve(answer)
    },
    find: (key) => Promise.resolve(answers.get(key) ?? { kind: 'absent' }),
    cancel: (key) => Promise.resolve(answers.get(key)?.kind === 'captured' ? 'REFUNDED' : 'VOIDED'),
  }
}

const CONNECTIONS = 128

interface Request {
  method: 'GET' | 'POST'
  path: string
  /** Idempotency key. */
  key: string
  traceparent: string | undefined
  body?: object
}

/** Makes requests under one base address. */
function requester(url: string, timeoutMs: number) {
  const { origin, pathname } = new URL(url)
  const base = pathname.replace(/\/$/, '')
  const timeouts = { connectTimeout: timeoutMs, headersTimeout: timeoutMs, bodyTimeout: timeoutMs }
  const pool = new Pool(origin, { connections: CONNECTIONS, ...timeouts })
  return async ({ method, path, key, traceparent, body }: Request) => {
    const response = await pool.request({
      method,
      path: base + path,
      headers: {
        'content-type': 'application/json',
        'idempotency-key': key,
        ...(traceparent !== undefined && { traceparent }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    return { status: response.statusCode, body: (await response.body.json()) as Answer }
  }
}

/**
 * The gateway over HTTP.
 * @param url base address @param timeoutMs for each call
 */
export function httpGateway(url: string, timeoutMs: number): Gateway {
  const request = requester(url, timeoutMs)
  return {
    async charge({ key, ...charge }, traceparent) {
      try {
        const { status, body } = await request({
          method: 'POST',
          path: '/charges',
          key,
          traceparent,
          body: charge,
        })
        return read(status, body)
      } catch (error) {
        const timedOut = error instanceof Error && error.name.endsWith('TimeoutError')
        return { kind: 'unclear', reason: timedOut ? 'GATEWAY_TIMEOUT' : 'GATEWAY_UNREACHABLE' }
      }
    },
    async find(key, traceparent) {
      const { status, body } = await request({ method: 'GET', path: `/charges/${key}`, key, traceparent })
      if (status === 404) return { kind: 'absent' }
      if (status !== 200) throw new Error(`the gateway answered ${status}`)
      return read(status, body)
    },
    async cancel(key, traceparent) {
      const { status, body } = await request({
        method: 'POST',
        path: `/charges/${key}/cancel`,
        key,
        traceparent,
      })
      if (body.status === 'REFUNDED' || body.status === 'VOIDED') return body.status
      throw new Error(`the gateway answered ${status}`)
    },
  }
}
