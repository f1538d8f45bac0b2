import { expect } from 'chai'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Sandbox } from '../../../infra/gateway-sandbox/dist/sandbox.fixtures.js'
import { httpGateway } from '../../../services/payment/dist/gateway.js'

const TIMEOUT_MS = 400
const charge = (key: string, change: object = {}) => ({ key, amount: 1500, currency: 'USD', ...change })
const throws = (work: Promise<unknown>) =>
  work.then(
    () => false,
    (error: unknown) => error instanceof Error,
  )

describe('the gateway over HTTP, as Payment sees it', () => {
  const sandbox = new Sandbox()
  before(() => sandbox.open())
  after(() => sandbox.close())
  afterEach(() => sandbox.faults({ mode: 'none' }))
  const gateway = () => httpGateway(sandbox.url, TIMEOUT_MS)

  it('captures once, and is found', async () => {
    const answer = await gateway().charge(charge('a'))
    expect(answer).to.have.property('kind', 'captured')
    expect(answer).to.have.property('reference').match(/^ch_/)
    expect(await gateway().charge(charge('a'))).to.eql(answer)
    expect(await gateway().find('a')).to.eql(answer)
  })

  it('says why it declined', async () => {
    const declined = { kind: 'declined', reason: 'INSUFFICIENT_FUNDS' }
    expect(await gateway().charge(charge('b', { token: 'tok_decline' }))).to.eql(declined)
    expect(await gateway().find('b')).to.eql(declined)
  })

  it('says when it knows nothing of a charge', async () => {
    expect(await gateway().find('c')).to.eql({ kind: 'absent' })
  })

  for (const [mode, reason, found] of [
    ['timeout-before', 'GATEWAY_TIMEOUT', 'absent'],
    ['timeout-after', 'GATEWAY_TIMEOUT', 'captured'],
    ['error', 'GATEWAY_ERROR', 'absent'],
  ] as const) {
    it(`is unclear on ${mode}, and the charge turns out to be ${found}`, async () => {
      await sandbox.faults({ mode })
      expect(await gateway().charge(charge(mode))).to.eql({ kind: 'unclear', reason })
      expect(await gateway().find(mode)).to.have.property('kind', found)
    })
  }

  it('is unclear when the charge itself is refused, for example under a used key', async () => {
    await gateway().charge(charge('d'))
    expect(await gateway().charge(charge('d', { amount: 1 }))).to.have.property('kind', 'unclear')
  })

  it('gives back what was captured, and voids what never came: then neither can be charged', async () => {
    await gateway().charge(charge('e'))
    for (const [key, answer] of [
      ['e', 'REFUNDED'],
      ['f', 'VOIDED'],
    ] as const) {
      expect(await gateway().cancel(key)).to.equal(answer)
      expect(await gateway().cancel(key)).to.equal(answer)
      expect(await gateway().charge(charge(key))).to.eql({ kind: 'declined', reason: 'VOIDED' })
      expect(await gateway().find(key)).to.eql({ kind: 'declined', reason: 'VOIDED' })
    }
  })
})

describe('a gateway that does not behave', () => {
  let server: Server
  let answer = { status: 200, body: '' }
  let traces: unknown[] = []
  const open = async () => {
    traces = []
    server = createServer((req, res) => {
      traces.push(req.headers.traceparent)
      res.writeHead(answer.status).end(answer.body)
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
  }
  const urlOf = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const gateway = () => httpGateway(urlOf(), TIMEOUT_MS)
  beforeEach(open)
  afterEach(() => server.close())

  for (const [what, status, body, reason] of [
    ['an error', 503, '{}', 'GATEWAY_ERROR'],
    ['a page instead of JSON', 502, '<html>', 'GATEWAY_UNREACHABLE'],
    ['something that it never said before', 200, '{"status":"PENDING"}', 'GATEWAY_ANSWER_UNREADABLE'],
    ['a capture without an id', 200, '{"status":"CAPTURED"}', 'GATEWAY_ANSWER_UNREADABLE'],
  ] as const) {
    it(`is unclear when it answers ${what}`, async () => {
      answer = { status, body }
      expect(await gateway().charge(charge('a'))).to.eql({ kind: 'unclear', reason })
    })
  }

  it('is told the trace context of each call', async () => {
    answer = { status: 200, body: '{"status":"REFUNDED"}' }
    await gateway().charge(charge('a'), 'the trace of a charge')
    await gateway().find('a', 'the trace of a question')
    await gateway().cancel('a', 'the trace of a refund')
    expect(traces).to.eql(['the trace of a charge', 'the trace of a question', 'the trace of a refund'])
  })

  it('may give a reason that is no code', async () => {
    answer = { status: 402, body: '{"status":"DECLINED","reason":"no money, sorry"}' }
    expect(await gateway().charge(charge('a'))).to.eql({ kind: 'declined', reason: 'DECLINED' })
  })

  it('is not believed when it is asked: an error is no answer', async () => {
    answer = { status: 500, body: '{}' }
    expect(await throws(gateway().find('a'))).to.equal(true)
    expect(await throws(gateway().cancel('a'))).to.equal(true)
  })

  it('is unclear when it cannot be reached, and cannot be asked', async () => {
    const url = urlOf()
    await new Promise((resolve) => server.close(resolve))
    const gone = httpGateway(url, TIMEOUT_MS)
    expect(await gone.charge(charge('a'))).to.eql({ kind: 'unclear', reason: 'GATEWAY_UNREACHABLE' })
    expect(await throws(gone.find('a'))).to.equal(true)
    expect(await throws(gone.cancel('a'))).to.equal(true)
  })
})
