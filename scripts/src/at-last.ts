import { setTimeout as pause } from 'node:timers/promises'
import { ServiceRefused } from './client.js'

const AGAIN_MS = 100

/** Repeats a request until it is answered, as a client does that got no answer. @throws ServiceRefused when it is refused for good */
export async function atLast<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (error instanceof ServiceRefused && error.status !== 503) throw error
      await pause(AGAIN_MS)
    }
  }
}
