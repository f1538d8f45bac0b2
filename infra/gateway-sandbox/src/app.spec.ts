import { expect } from 'chai'
import { Sandbox } from './sandbox.fixtures.js'

const timedOut = (work: Promise<unknown>) =>
  work.then(
    () => false,
    (error: Error) => error.name === 'TimeoutError',
  )

describe('the gateway sandbox', () => {
  let sandbox: Sandbox
  beforeEach(() => (sandbox = new Sandbox()).open())
  afterEach(() => sandbox.close())

  it('is ready', async () => {
    expect(await sandbox.call('GET', '/readyz')).to.eql({ status: 200, body: { status: 'ready' } })
  })

  it('charges once for a key, however often it is asked', async () => {
    const first = await sandbox.charge('k1')
    expect(first).to.deep.nested.include({ status: 200, 'body.status': 'CAPTURED', 'body.amount': 1500 })
    expect(await sandbox.charge('k1')).to.eql(first)
    expect(await sandbox.find('k1')).to.eql(first)
    expect(await sandbox.entries()).to.have.lengthOf(1)
  })

  it('gives each charge its own id', async () => {
    const ids = [await sandbox.charge('k1'), await sandbox.charge('k2')].map(({ body }) => body.id)
    expect(new Set(ids)).to.have.lengthOf(2)
  })

  for (const change of [{ amount: 1501 }, { currency: 'KRW' }]) {
    it(`takes no other charge under the same key: ${JSON.stringify(change)}`, async () => {
      await sandbox.charge('k1')
      expect((await sandbox.charge('k1', change)).status).to.equal(422)
      expect(await sandbox.entries()).to.have.lengthOf(1)
    })
  }

  for (const change of [{ amount: 0 }, { amount: 1.5 }, { amount: '1500' }, { currency: 'usd' }]) {
    it(`takes no charge that is none: ${JSON.stringify(change)}`, async () => {
      expect((await sandbox.charge('k1', change)).status).to.equal(400)
      expect(await sandbox.entries()).to.eql([])
    })
  }

  it('takes no charge without a key', async () => {
    expect((await sandbox.call('POST', '/charges', { amount: 1, currency: 'USD' })).status).to.equal(400)
  })

  it('does not know a charge that never came', async () => {
    expect((await sandbox.find('k1')).status).to.equal(404)
  })

  it('declines a token that asks for it, and stays with it', async () => {
    const declined = await sandbox.charge('k1', { token: 'tok_decline_1' })
    expect(declined).to.deep.nested.include({
      status: 402,
      'body.status': 'DECLINED',
      'body.reason': 'INSUFFICIENT_FUNDS',
    })
    expect((await sandbox.charge('k1')).body).to.eql(declined.body)
  })

  describe('cancelling', () => {
    it('refunds what was captured, once', async () => {
      await sandbox.charge('k1')
      expect((await sandbox.cancel('k1')).body.status).to.equal('REFUNDED')
      expect((await sandbox.cancel('k1')).body.status).to.equal('REFUNDED')
      expect((await sandbox.entries()).map(({ status }) => status)).to.eql(['CAPTURED', 'REFUNDED'])
    })

    it('gives nothing back of what was declined', async () => {
      await sandbox.charge('k1', { token: 'tok_decline' })
      expect((await sandbox.cancel('k1')).body.status).to.equal('VOIDED')
      expect((await sandbox.entries()).map(({ status }) => status)).to.eql(['DECLINED'])
    })

    it('voids what never came, so that it is not captured when it comes late', async () => {
      expect((await sandbox.cancel('k1')).body.status).to.equal('VOIDED')
      expect((await sandbox.charge('k1')).body.status).to.equal('VOIDED')
      expect((await sandbox.cancel('k1')).body.status).to.equal('VOIDED')
      expect((await sandbox.entries()).map(({ status }) => status)).to.eql(['VOIDED'])
    })

    it('keeps a refund when the charge comes again', async () => {
      await sandbox.charge('k1')
      await sandbox.cancel('k1')
      expect((await sandbox.charge('k1')).body.status).to.equal('REFUNDED')
    })
  })

  describe('the fault switch', () => {
    it('declines', async () => {
      await sandbox.faults({ mode: 'decline' })
      expect((await sandbox.charge('k1')).status).to.equal(402)
    })

    it('breaks without booking', async () => {
      await sandbox.faults({ mode: 'error' })
      expect((await sandbox.charge('k1')).status).to.equal(500)
      expect((await sandbox.find('k1')).status).to.equal(404)
    })

    for (const [mode, status] of [
      ['timeout-before', 404],
      ['timeout-after', 200],
    ] as const) {
      it(`does not answer: ${mode} booking`, async () => {
        await sandbox.faults({ mode })
        expect(await timedOut(sandbox.charge('k1', {}, 300))).to.equal(true)
        expect((await sandbox.find('k1')).status).to.equal(status)
      })
    }

    it('is slow, and books even when the caller has hung up', async () => {
      await sandbox.faults({ mode: 'slow', delayMs: 400 })
      expect(await timedOut(sandbox.charge('k1', {}, 50))).to.equal(true)
      expect((await sandbox.find('k1')).status).to.equal(404)
      expect((await sandbox.charge('k2')).body.status).to.equal('CAPTURED')
      expect((await sandbox.find('k1')).body.status).to.equal('CAPTURED')
    })

    it('does not capture a slow charge that was voided meanwhile', async () => {
      await sandbox.faults({ mode: 'slow', delayMs: 400 })
      const charge = sandbox.charge('k1')
      expect((await sandbox.cancel('k1')).body.status).to.equal('VOIDED')
      expect((await charge).body.status).to.equal('VOIDED')
    })

    it('spares the share of charges that it is not for, and can be turned off', async () => {
      await sandbox.faults({ mode: 'error', share: 0 })
      expect((await sandbox.charge('k1')).status).to.equal(200)
      await sandbox.faults({ mode: 'error' })
      await sandbox.faults({ mode: 'none' })
      expect((await sandbox.charge('k2')).status).to.equal(200)
    })

    it('tells how it is set', async () => {
      await sandbox.faults({ mode: 'slow', share: 0.5, delayMs: 7 })
      const { body } = await sandbox.call('GET', '/faults')
      expect(body).to.eql({ mode: 'slow', share: 0.5, delayMs: 7 })
    })

    for (const faults of [
      {},
      { mode: 'mood' },
      { mode: 'slow', share: 1.1 },
      { mode: 'slow', share: -1 },
      { mode: 'slow', delayMs: 60_001 },
      { mode: 'slow', delayMs: '7' },
    ]) {
      it(`stays as it is when it is told ${JSON.stringify(faults)}`, async () => {
        expect((await sandbox.faults(faults)).status).to.equal(400)
        expect((await sandbox.call('GET', '/faults')).body).to.include({ mode: 'none' })
      })
    }
  })
})
