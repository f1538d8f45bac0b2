import { openLog } from '@chorus/chassis'
import { expect } from 'chai'
import express, { type ErrorRequestHandler } from 'express'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import { troublePage } from './trouble.js'

/** Nothing listens there. */
const NOWHERE = 'postgres://nobody@127.0.0.1:1/nothing'

const asProblem: ErrorRequestHandler = (_error, _req, res, _next) => void res.status(503).json({})

describe('a page that cannot be made', () => {
  const pool = new pg.Pool({ connectionString: NOWHERE })
  let server: Server
  before(async () => {
    const app = express()
      .get('/flows', () => pool.query('SELECT 1'))
      .use(troublePage(openLog('spec', 'silent')), asProblem)
    server = createServer(app).listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  after(async () => {
    server.close()
    await pool.end()
  })

  const ask = (headers: Record<string, string>) =>
    fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/flows`, { headers })

  it('says why, to a browser', async () => {
    const answer = await ask({ accept: 'text/html,*/*;q=0.8' })
    expect([answer.status, answer.headers.get('content-type')]).to.eql([503, 'text/html; charset=utf-8'])
    expect(await answer.text()).to.include('<h1>The service cannot answer at the moment</h1>')
  })

  it('is left to what comes after it for whoever asks for no page, or for a part of one', async () => {
    for (const headers of [{ accept: 'application/json' }, { 'x-part': '1' }])
      expect(await (await ask(headers)).text()).to.not.include('<h1>')
  })
})
