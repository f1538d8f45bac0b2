import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { problems } from '@chorus/contracts'
import { expect } from 'chai'
import express from 'express'
import type { CommandRoute, QueryRoute } from '../routes.js'
import { answerSchema, uuid } from '../schemas.js'
import type { Service } from '../service.js'
import { documents } from './serve.js'

const answer = answerSchema('Thing', { id: uuid, state: { type: 'string', enum: ['NEW', '<old>'] } }, [
  'state',
])
const base = { access: 'user', summary: 'Do it', answer } as const
const change: Partial<CommandRoute> = { rule: { name: 'endThing' } as never, refusals: ['ORDER_NOT_OPEN'] }
const thing = {
  name: 'order',
  reactions: [{ needs: { PaymentFailed: ['orderId'] } }],
  evolve: { OrderFailed: () => {} },
  routes: [
    { ...base, ...change, method: 'post', path: '/things/:id/end', idempotencyKey: 'required', status: 200 },
    { ...base, method: 'get', path: '/things' } as QueryRoute,
  ],
} as unknown as Service

describe('the pages of a service', () => {
  let server: Server
  before((done) => {
    server = express().use(documents(thing)).listen(0, '127.0.0.1', done)
  })
  after((done) => void server.close(done))

  async function get(path: string, accept = 'text/html') {
    const { port } = server.address() as AddressInfo
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { accept } })
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      text: await response.text(),
    }
  }

  it('show every operation and event with its fields, and link to the documents', async () => {
    const { type, text } = await get('/docs')
    expect(type).to.equal('text/html; charset=utf-8')
    for (const name of [
      'POST /things/:id/end',
      'GET /things',
      'Idempotency-Key',
      'OrderFailed',
      'PaymentFailed',
    ])
      expect(text).to.include(`<code>${name}</code>`)
    expect(text).to.include('NEW, &lt;old&gt;, optional.')
    expect(text).to.include('It reads only <code>orderId</code>')
    expect(text).to.include('href="/openapi.json"').and.include('href="/asyncapi.json"')
  })

  it('need no script and nothing from elsewhere', async () => {
    for (const path of ['/docs', '/problems', '/problems/NOT_FOUND']) {
      const { text } = await get(path)
      expect(text).to.match(/^<!doctype html>\n<html lang="en">/)
      expect(text).to.not.match(/<script|<link|<img|https?:|undefined/)
    }
  })

  it('explain every problem at the address that its type names', async () => {
    const list = await get('/problems')
    for (const [code, { title }] of Object.entries(problems)) {
      expect(list.text).to.include(`href="/problems/${code}"`)
      const { status, text } = await get(`/problems/${code}`)
      expect([status, code]).to.eql([200, code])
      expect(text).to.include(`<h1>${title}</h1>`)
    }
  })

  it('say which operations answer a problem', async () => {
    expect((await get('/problems/ORDER_NOT_OPEN')).text).to.include('href="/docs#endThing"')
    expect((await get('/problems/STOCK_SHORT')).text).to.not.include('/docs#')
  })

  it('are data for a client that likes JSON better', async () => {
    const one = await get('/problems/NOT_FOUND', 'application/json')
    expect(JSON.parse(one.text)).to.include({ code: 'NOT_FOUND', ...problems.NOT_FOUND })
    const all = JSON.parse((await get('/problems', 'application/json, */*;q=0.1')).text) as {
      items: object[]
    }
    expect(all.items).to.have.lengthOf(Object.keys(problems).length)
    expect((await get('/problems', '*/*')).type).to.match(/^text\/html/)
  })
})
