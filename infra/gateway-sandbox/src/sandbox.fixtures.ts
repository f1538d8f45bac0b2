import { mkdtempSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGateway } from './app.js'
import { Ledger } from './ledger.js'

/** A file for the books in a folder of its own. @returns it, and what removes it */
export function booksIn(name: string) {
  const folder = mkdtempSync(join(tmpdir(), 'chorus-ledger-'))
  return { file: join(folder, name), remove: () => rmSync(folder, { recursive: true }) }
}

/** What the gateway answered. */
export interface Answer {
  status: number
  body: Record<string, unknown>
}

/** A gateway on a free port. */
export class Sandbox {
  private readonly books = booksIn('ledger.jsonl')
  private server!: Server
  url = ''

  async open(): Promise<void> {
    this.server = createGateway(new Ledger(this.books.file)).listen(0, '127.0.0.1')
    await new Promise((resolve) => this.server.once('listening', resolve))
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** Ends it, and the requests that it holds open. */
  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
    this.books.remove()
  }

  async call(method: string, path: string, body?: unknown, key?: string, timeoutMs = 2000): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method,
      headers: { 'Content-Type': 'application/json', ...(key !== undefined && { 'Idempotency-Key': key }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    })
    return { status: response.status, body: (await response.json()) as Answer['body'] }
  }

  charge = (key: string, change: object = {}, timeoutMs?: number) =>
    this.call('POST', '/charges', { amount: 1500, currency: 'USD', ...change }, key, timeoutMs)
  find = (key: string) => this.call('GET', `/charges/${key}`)
  cancel = (key: string) => this.call('POST', `/charges/${key}/cancel`)
  faults = (faults: object) => this.call('PUT', '/faults', faults)
  entries = async () => (await this.call('GET', '/ledger')).body.entries as { key: string; status: string }[]
}
