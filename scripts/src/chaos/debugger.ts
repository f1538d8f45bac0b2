import { readFileSync } from 'node:fs'
import { layoutOf, logOf, signal, type RunFile } from '@chorus/stack'
import { WebSocket } from 'undici'
import { until } from '../until.js'

const PATIENCE_MS = 5000

interface Reply {
  id: number
  result?: { result: { value?: unknown }; exceptionDetails?: { exception?: { description?: string } } }
  /** Of the debugger itself. */
  error?: { message: string }
}

/** One session with the debugger of a process, opened by SIGUSR1. */
class Session {
  private asked = 0

  private constructor(private readonly socket: WebSocket) {}

  static async open(url: string): Promise<Session> {
    const socket = new WebSocket(url)
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve())
      socket.addEventListener('error', () => reject(new Error('the debugger did not take the connection')))
    })
    return new Session(socket)
  }

  evaluate(expression: string): Promise<unknown> {
    const id = ++this.asked
    return new Promise((resolve, reject) => {
      this.socket.addEventListener('close', () => reject(new Error('the process ended meanwhile')))
      this.socket.addEventListener('message', ({ data }) => {
        const reply = JSON.parse(String(data)) as Reply
        if (reply.id !== id) return
        const failed = reply.error?.message ?? reply.result?.exceptionDetails?.exception?.description
        if (failed === undefined) resolve(reply.result?.result.value)
        else reject(new Error(failed))
      })
      const params = { expression, awaitPromise: true, returnByValue: true }
      this.socket.send(JSON.stringify({ id, method: 'Runtime.evaluate', params }))
    })
  }

  close(): void {
    this.socket.close()
  }
}

/** Where the debugger of a service takes sessions, as it said since its last start. */
function addressOf({ home }: RunFile, service: string): string | undefined {
  const text = readFileSync(logOf(layoutOf(home), service), 'utf8')
  const own = text.slice(Math.max(0, text.lastIndexOf(`--- ${service} starts at`)))
  return /Debugger listening on (ws:\S+)/.exec(own)?.[1]
}

/**
 * Has a running service evaluate an expression, as a debugger would: nothing has to be prepared in it. Its debugger
 * listens from then on, on a port of this machine, until the process ends: Node does not open one again and again.
 * @param expression JavaScript; a promise is waited for
 * @returns its value, which must be plain data
 * @throws Error when the process does not listen within 5 s, or the expression throws
 */
export async function evaluateIn(run: RunFile, service: string, expression: string): Promise<unknown> {
  if (addressOf(run, service) === undefined) {
    signal(run.parts[service]!.pid, 'SIGUSR1')
    await until(`the debugger of ${service}`, () => addressOf(run, service) !== undefined, PATIENCE_MS)
  }
  const session = await Session.open(addressOf(run, service)!)
  try {
    return await session.evaluate(expression)
  } finally {
    session.close()
  }
}
