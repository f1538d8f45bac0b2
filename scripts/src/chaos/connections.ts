import { databaseUrlOf, type RunFile } from '@chorus/stack'
import pg from 'pg'
import { evaluateIn } from './debugger.js'

/** JavaScript for the connections of a process to a port. */
const socketsTo = (port: number) =>
  `process._getActiveHandles().filter((one) => one.remotePort === ${port} && one.constructor.name === 'Socket')`

/** Postgres ends what Connect reads from: a JVM has no debugger to ask. */
async function cutConnect(run: RunFile): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrlOf(run, 'postgres') })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'walsender'`,
    )
  } finally {
    await client.end()
  }
}

/** Breaks off all connections of one part to another, without a word to either. */
export async function cut(run: RunFile, part: string, to: string): Promise<void> {
  if (part === 'connect') return cutConnect(run)
  await evaluateIn(run, part, `void ${socketsTo(run.ports[to]!)}.forEach((socket) => socket.destroy())`)
}

/** Lets nothing through the connections of a service to another part for a while; then everything arrives. */
export async function hold(run: RunFile, part: string, to: string, ms: number): Promise<void> {
  await evaluateIn(
    run,
    part,
    `new Promise((resolve) => {
       const sockets = ${socketsTo(run.ports[to]!)}
       for (const socket of sockets) { socket.pause(); socket.cork() }
       setTimeout(() => {
         for (const socket of sockets) { socket.uncork(); socket.resume() }
         resolve()
       }, ${ms})
     })`,
  )
}
