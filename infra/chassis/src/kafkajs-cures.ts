import { createRequire } from 'node:module'
import net from 'node:net'
import tls from 'node:tls'
import type { ISocketFactory } from 'kafkajs'

interface RequestQueue {
  pending: unknown[]
  throttledUntil: number
  scheduleCheckPendingRequests(): void
}

let cured = false

/**
 * kafkajs 2.2.4 wakes up every millisecond for each idle connection, because it re-arms its check of pending
 * requests even when none is pending (about 4 % of a core a connection). This arms it only when there is one.
 */
export function cureBusyTimer(): void {
  if (cured) return
  cured = true
  const queue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as {
    prototype: RequestQueue
  }
  const { prototype } = queue
  const schedule = prototype.scheduleCheckPendingRequests
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this)
  }
}

/** Sockets without Nagle's delay: kafkajs writes small requests and waits for each answer. */
export const socketFactory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const socket = ssl
    ? tls.connect({ host, port, ...(net.isIP(host) ? {} : { servername: host }), ...ssl }, onConnect)
    : net.connect({ host, port }, onConnect)
  socket.setKeepAlive(true, 60_000)
  socket.setNoDelay(true)
  return socket
}
