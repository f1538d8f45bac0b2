import type { Server } from 'node:http'
import type { Request, Response } from 'express'

/** Server-sent events to one client. */
export interface Stream {
  /** Sends one event. @param data one line, or JSON */
  send(event: { data: string; name?: string; id?: string }): void
  /** True once the client is gone or the stream was ended. */
  closed(): boolean
  end(): void
}

const KEEP_ALIVE_MS = 15_000
const open = new WeakMap<object, Set<Response>>()

const serverOf = (req: Request) => (req.socket as unknown as { server: object }).server

/**
 * Answers a request with server-sent events.
 * @param onClose told once, when the client is gone or the stream was ended: what feeds the stream is to stop then
 */
export function openStream(req: Request, res: Response, onClose: () => void): Stream {
  const streams = open.get(serverOf(req)) ?? new Set()
  open.set(serverOf(req), streams)
  streams.add(res)
  res.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
    // Else the connection would outlive the stream, and hold up a server that stops.
    Connection: 'close',
  })
  res.flushHeaders()
  // A comment now and then: proxies close what is silent, and a client that is gone is noticed.
  const beat = setInterval(() => res.write(':\n\n'), KEEP_ALIVE_MS)
  res.once('close', () => {
    clearInterval(beat)
    streams.delete(res)
    onClose()
  })
  return {
    send: ({ data, name, id }) => {
      const head = `${id === undefined ? '' : `id: ${id}\n`}${name === undefined ? '' : `event: ${name}\n`}`
      res.write(`${head}data: ${data}\n\n`)
    },
    closed: () => res.closed || res.writableEnded,
    end: () => void res.end(),
  }
}

/** Ends every stream of a server that closes: else it would wait for clients that never go. */
export function endStreams(server: Server): void {
  for (const res of open.get(server) ?? []) res.end()
}
