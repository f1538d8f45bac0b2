import { once } from 'node:events'
import { createServer, get, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import { expect } from 'chai'
import express from 'express'
import { pino } from 'pino'
import { requestLog } from './request-log.js'

const UUID = /^[0-9a-f-]{36}$/

/** A log in memory, and the lines that it got. */
function logged(level: string) {
  const lines: Record<string, unknown>[] = []
  const told = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>)
      this.emit('line')
      done()
    },
  })
  return { lines, told, log: pino({ level, base: null, timestamp: false }, told) }
}

describe('the log of requests', () => {
  let server: Server
  let base: string
  let memory: ReturnType<typeof logged>

  async function serve(level: string): Promise<void> {
    memory = logged(level)
    const app = express().use(requestLog(memory.log))
    app.get('/good', (_req, res) => void res.json({}))
    app.get('/bad', (_req, res) => void res.status(500).json({}))
    app.get('/never', () => server.emit('asked'))
    server = createServer(app).listen(0, '127.0.0.1')
    await once(server, 'listening')
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  afterEach(() => void server.close())

  const idOf = async (given?: string) => {
    const answer = await fetch(`${base}/good`, {
      headers: given === undefined ? {} : { 'x-request-id': given },
    })
    return answer.headers.get('x-request-id')
  }

  it('calls a request what its caller calls it, when that is a name', async () => {
    await serve('silent')
    expect(await idOf('order-17')).to.equal('order-17')
    expect(await idOf('two words')).to.match(UUID)
    expect(await idOf()).to.match(UUID)
  })

  it('warns of a failure, with its path and not what was asked', async () => {
    await serve('info')
    const line = once(memory.told, 'line')
    await fetch(`${base}/good`)
    await fetch(`${base}/bad?token=secret`, { headers: { 'x-request-id': 'r1' } })
    await line
    expect(memory.lines).to.have.lengthOf(1)
    const [{ responseTime, ...rest }] = memory.lines as [Record<string, unknown>]
    expect(responseTime).to.be.a('number')
    expect(rest).to.eql({
      level: 40,
      req: { id: 'r1', method: 'GET', url: '/bad' },
      res: { statusCode: 500 },
      msg: 'request completed',
    })
  })

  it('tells who debugs of every request, and of a caller that hung up', async () => {
    await serve('debug')
    const asked = once(server, 'asked')
    const request = get(`${base}/never`).on('error', () => {})
    await asked
    const line = once(memory.told, 'line')
    request.destroy()
    await line
    expect(memory.lines.map(({ level, msg }) => [level, msg])).to.eql([[20, 'request aborted']])
  })
})
