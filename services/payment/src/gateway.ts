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

/** The external payment gateway, as the payment service needs it. */
export interface Gateway {
  /** Never throws: what is not known is `unclear`. */
  charge(charge: Charge): Promise<ChargeAnswer>
  /** Asks what became of a charge. @throws when the gateway does not answer */
  find(key: string): Promise<ChargeAnswer | { kind: 'absent' }>
  /**
   * Gives a charge back if it was made, and makes sure that it never is if it was not. May be repeated.
   * @throws when the gateway does not answer
   */
  cancel(key: string): Promise<'REFUNDED' | 'VOIDED'>
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
 * The gateway over HTTP.
 * @param url base address @param timeoutMs for each call
 */
export function httpGateway(url: string, timeoutMs: number): Gateway {
  const call = async (method: string, path: string, key: string, body?: object) => {
    const response = await fetch(new URL(path, url), {
      method,
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    })
    return { status: response.status, body: (await response.json()) as Answer }
  }
  return {
    async charge({ key, ...charge }) {
      try {
        const { status, body } = await call('POST', '/charges', key, charge)
        return read(status, body)
      } catch (error) {
        const timedOut = error instanceof Error && error.name === 'TimeoutError'
        return { kind: 'unclear', reason: timedOut ? 'GATEWAY_TIMEOUT' : 'GATEWAY_UNREACHABLE' }
      }
    },
    async find(key) {
      const { status, body } = await call('GET', `/charges/${key}`, key)
      if (status === 404) return { kind: 'absent' }
      if (status !== 200) throw new Error(`the gateway answered ${status}`)
      return read(status, body)
    },
    async cancel(key) {
      const { status, body } = await call('POST', `/charges/${key}/cancel`, key)
      if (body.status === 'REFUNDED' || body.status === 'VOIDED') return body.status
      throw new Error(`the gateway answered ${status}`)
    },
  }
}
