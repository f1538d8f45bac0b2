import { addressesOf, launcherLives, readRun, signToken, StackError, type RunFile } from '@chorus/stack'

/** An answer of a service that was not 2xx, with its problem document. */
export class ServiceRefused extends Error {
  constructor(
    readonly status: number,
    readonly problem: { code?: string; title?: string; detail?: string; remedy?: string },
  ) {
    super(`${status} ${problem.code ?? ''}: ${problem.detail ?? problem.title ?? 'no details'}`)
  }
}

/** Whose run this is, or a clear error. @throws StackError when nothing runs in `home` */
export function runIn(home: string): RunFile {
  const run = readRun(home)
  if (run?.ready && launcherLives(run)) return run
  throw new StackError('Chorus is not running', `Nothing runs from ${home}.`, 'npm start, or npx chorus up')
}

/** REST calls to the services of a run, as one user. */
export interface Client {
  get<View>(service: string, path: string): Promise<View>
  post<View>(service: string, path: string, body: object, key?: string): Promise<View>
  patch<View>(service: string, path: string, body: object, key?: string): Promise<View>
}

/**
 * Opens a client.
 * @param admin signs a token with the role admin
 * @throws StackError when the stack's signing key is missing
 */
export async function clientOf(run: RunFile, userId: string, admin = false): Promise<Client> {
  const token = await signToken(run.home, { userId, admin })
  const addresses = addressesOf(run)
  const call = async <View>(method: string, service: string, path: string, body?: object, key?: string) => {
    const response = await fetch(`${addresses[service]}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body && { 'Content-Type': 'application/json' }),
        ...(key !== undefined && { 'Idempotency-Key': key }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const view = (await response.json()) as View
    if (!response.ok) throw new ServiceRefused(response.status, view as ServiceRefused['problem'])
    return view
  }
  return {
    get: (service, path) => call('GET', service, path),
    post: (service, path, body, key) => call('POST', service, path, body, key),
    patch: (service, path, body, key) => call('PATCH', service, path, body, key),
  }
}
