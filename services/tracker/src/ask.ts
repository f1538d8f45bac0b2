/** An answer that was not 2xx, in the words of its problem document. */
export class Refused extends Error {
  constructor(
    readonly code: string | undefined,
    message: string,
  ) {
    super(message)
  }
}

interface Request {
  /** Who asks, as the header says it. */
  authorization?: string
  /** With a body it is a POST, unless it says otherwise. */
  body?: object
  method?: 'POST' | 'PUT'
  /** Idempotency-Key. */
  key?: string
  patienceMs?: number
}

const PATIENCE_MS = 10_000

async function send(
  service: string,
  url: string,
  { authorization, body, method = 'POST', key, patienceMs }: Request,
) {
  try {
    return await fetch(url, {
      ...(body && { method, body: JSON.stringify(body) }),
      headers: {
        ...(body && { 'Content-Type': 'application/json' }),
        ...(authorization !== undefined && { Authorization: authorization }),
        ...(key !== undefined && { 'Idempotency-Key': key }),
      },
      signal: AbortSignal.timeout(patienceMs ?? PATIENCE_MS),
    })
  } catch (cause) {
    throw new Error(`${service} does not answer`, { cause })
  }
}

/**
 * Asks a service.
 * @param urls addresses of the services by name
 * @throws Refused in the words of the service; Error when it does not answer
 */
export async function ask<View>(
  urls: Readonly<Record<string, string>>,
  service: string,
  path: string,
  request: Request = {},
): Promise<View> {
  const response = await send(service, `${urls[service] ?? ''}${path}`, request)
  const view = (await response.json().catch(() => undefined)) as View | undefined
  if (response.ok && view !== undefined) return view
  const { code, detail, remedy } = (view ?? {}) as { code?: string; detail?: string; remedy?: string }
  throw new Refused(code, `${service}: ${detail ?? `it answered ${response.status}`} ${remedy ?? ''}`.trim())
}
