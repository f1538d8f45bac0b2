import { newId } from '@chorus/chassis'
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'
import { signal } from '@chorus/stack'
import type { Rig } from './rig.js'
import { ordersOf, type OrderBody, type Shelf } from './workload.js'

/** POST requests a second. */
export interface Posts {
  /** The same framework sends the same validated body back; nothing else. */
  echoed: number
  /** Orders that are committed when they are answered. */
  durable: number
}

const AT_A_TIME = 64
const WARM_UP_MS = 2000
const SERVER = fileURLToPath(new URL('echo-server.js', import.meta.url))

/** Counts what senders side by side get done in a while. */
async function ratePerSecond(seconds: number, send: () => Promise<void>): Promise<number> {
  const from = performance.now() + WARM_UP_MS
  const until = from + seconds * 1000
  let done = 0
  const sender = async () => {
    for (let now = performance.now(); now < until; now = performance.now()) {
      await send()
      if (now >= from) done += 1
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, sender))
  return done / seconds
}

async function echoed(seconds: number, body: OrderBody): Promise<number> {
  const child = fork(SERVER, { stdio: 'inherit' })
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message) => resolve(Number(message)))
    child.once('exit', () => reject(new Error('the echo server ended')))
  })
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: AT_A_TIME })
  try {
    return await ratePerSecond(seconds, async () => {
      const headers = { 'content-type': 'application/json' }
      const answer = await pool.request({
        path: '/orders',
        method: 'POST',
        headers,
        body: JSON.stringify(body(0)),
      })
      await answer.body.json()
    })
  } finally {
    await pool.close()
    child.kill()
  }
}

/** The rest of the system stands still meanwhile: Connect is stopped, so nothing comes of the orders yet. */
async function durable(rig: Rig, seconds: number, body: OrderBody): Promise<number> {
  const { pid } = rig.run.parts.connect!
  signal(pid, 'SIGSTOP')
  try {
    return await ratePerSecond(seconds, async () => {
      const { status } = await rig.place(body(0), newId())
      if (status !== 202) throw new Error(`POST /orders was answered with ${status}`)
    })
  } finally {
    signal(pid, 'SIGCONT')
  }
}

/** Compares taking orders with only sending them back. @param seconds for each */
export async function postsOf(rig: Rig, shelf: Shelf, seconds: number): Promise<Posts> {
  const body = ordersOf({ products: 'uniform', failures: 0 }, shelf)
  return { echoed: await echoed(seconds, body), durable: await durable(rig, seconds, body) }
}
