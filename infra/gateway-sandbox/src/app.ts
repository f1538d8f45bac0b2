import { setTimeout as pause } from 'node:timers/promises'
import express, { type Express, type Request, type Response } from 'express'
import { faultsFrom, MODES, NO_FAULTS, type Faults } from './faults.js'
import type { Entry, Ledger } from './ledger.js'

interface ChargeBody {
  amount: number
  currency: string
  token?: string
}

/** A token that starts with this is declined, whatever the fault switch says. */
const DECLINED_TOKEN = 'tok_decline'

const show = (res: Response, entry: Entry) => res.status(entry.status === 'DECLINED' ? 402 : 200).json(entry)

const isCharge = (body: unknown): body is ChargeBody => {
  const { amount, currency } = (body ?? {}) as Partial<ChargeBody>
  return Number.isSafeInteger(amount) && amount! > 0 && /^[A-Z]{3}$/.test(currency ?? '')
}

/** Books a charge, once a key. */
function book(
  ledger: Ledger,
  key: string,
  { amount, currency, token }: ChargeBody,
  declined: boolean,
): Entry {
  const before = ledger.find(key)
  if (before) return before
  const refused = declined || token?.startsWith(DECLINED_TOKEN)
  const outcome = refused
    ? ({ status: 'DECLINED', reason: 'INSUFFICIENT_FUNDS' } as const)
    : ({ status: 'CAPTURED' } as const)
  return ledger.append({ key, amount, currency, ...outcome })
}

async function charge(ledger: Ledger, faults: Faults, req: Request, res: Response): Promise<void> {
  const key = req.get('Idempotency-Key')
  if (!key || !isCharge(req.body)) {
    return void res.status(400).json({ reason: 'Idempotency-Key, amount and currency are needed' })
  }
  const before = ledger.find(key)
  const same = before?.amount === req.body.amount && before.currency === req.body.currency
  if (before && before.status !== 'VOIDED' && !same) {
    return void res.status(422).json({ reason: 'this key was used for another charge' })
  }
  const mode = Math.random() < faults.share ? faults.mode : 'none'
  // A caller that hangs up takes its request back only if it was not booked yet.
  if (mode === 'timeout-before') return
  if (mode === 'error') return void res.status(500).json({ reason: 'the gateway is broken' })
  if (mode === 'slow') await pause(faults.delayMs)
  const entry = book(ledger, key, req.body, mode === 'decline')
  if (mode === 'timeout-after') return
  show(res, entry)
}

/** Refunds what was captured; voids what never came, so that it is declined if it comes late. */
function cancel(ledger: Ledger, key: string): Entry {
  const before = ledger.find(key)
  if (!before) return ledger.append({ key, status: 'VOIDED', amount: 0, currency: 'XXX' })
  if (before.status !== 'CAPTURED')
    return { ...before, status: before.status === 'REFUNDED' ? 'REFUNDED' : 'VOIDED' }
  return ledger.append({ ...before, status: 'REFUNDED' })
}

/** All lines of the books, or `limit` of them `from` a place on: whole books can be too long for one answer. */
function pageOf(entries: readonly Entry[], { from = '0', limit = 'Infinity' }: Request['query']) {
  return entries.slice(Number(from), Number(from) + Number(limit))
}

/** The gateway's HTTP interface: charges by idempotency key, their books, and a fault switch. */
export function createGateway(ledger: Ledger): Express {
  let faults = NO_FAULTS
  const app = express()
  app.disable('x-powered-by')
  app.set('etag', false)
  app.use(express.json({ limit: '16kb' }))
  app.get('/readyz', (_req, res) => void res.json({ status: 'ready' }))
  app.post('/charges', (req, res) => charge(ledger, faults, req, res))
  app.get('/charges/:key', (req, res) => {
    const entry = ledger.find(req.params.key)
    if (entry) res.json(entry)
    else res.status(404).json({ reason: 'no such charge' })
  })
  app.post('/charges/:key/cancel', (req, res) => void res.json(cancel(ledger, req.params.key)))
  app.get('/ledger', (req, res) => void res.json({ entries: pageOf(ledger.all(), req.query) }))
  app.get('/faults', (_req, res) => void res.json(faults))
  app.put('/faults', (req, res) => {
    const wanted = faultsFrom(req.body)
    if (!wanted) {
      return void res
        .status(400)
        .json({ reason: `mode is one of ${MODES.join(', ')}; share 0 to 1; delayMs 0 to 60000` })
    }
    faults = wanted
    res.json(faults)
  })
  return app
}
