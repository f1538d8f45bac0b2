import type { PoolClient } from 'pg'
import { brokenIn } from './databases.js'
import type { Finding } from './finding.js'
import type { Scope } from './scope.js'

/** One line of the gateway's books. */
interface Entry {
  key: string
  status: string
  amount: number
  currency: string
}

const PAGE = 10_000

async function copyLedger(session: PoolClient, gatewayUrl: string): Promise<void> {
  await session.query(
    'CREATE TEMP TABLE ledger (n serial, key text, status text, amount bigint, currency text)',
  )
  for (let from = 0; ; from += PAGE) {
    const response = await fetch(`${gatewayUrl}/ledger?from=${from}&limit=${PAGE}`)
    const { entries } = (await response.json()) as { entries: Entry[] }
    await session.query(
      `INSERT INTO ledger (key, status, amount, currency)
       SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[])`,
      (['key', 'status', 'amount', 'currency'] as const).map((name) => entries.map((entry) => entry[name])),
    )
    if (entries.length < PAGE) return
  }
}

/** The last line of a key is the state of its charge. */
const CHARGES = 'SELECT DISTINCT ON (key) * FROM ledger ORDER BY key, n DESC'

/** Each of these is a SELECT of the ids that are broken, over the payments and a copy of the gateway's books. */
const BESIDE_THE_LEDGER = [
  {
    invariant: 5,
    what: 'what the gateway has captured is what completed payments say, to the unit',
    broken: `
      WITH captured AS (SELECT * FROM (${CHARGES}) c WHERE status = 'CAPTURED'),
           paid AS (SELECT * FROM payments WHERE status = 'COMPLETED' AND amount > 0)
      SELECT coalesce(p.id::text, c.key) AS id FROM captured c FULL JOIN paid p ON p.id::text = c.key
       WHERE p.amount IS DISTINCT FROM c.amount OR p.currency IS DISTINCT FROM c.currency`,
  },
  {
    invariant: 5,
    what: 'every refund is in the gateway’s books too',
    broken: `
      SELECT p.id::text AS id FROM payments p LEFT JOIN (${CHARGES}) c ON c.key = p.id::text
       WHERE p.status = 'REFUNDED' AND c.status IS DISTINCT FROM 'REFUNDED'`,
  },
  {
    invariant: 13,
    what: 'every charge is of a payment, and was made once and given back once at most',
    broken: `
      SELECT key AS id FROM ledger l WHERE NOT EXISTS (SELECT FROM payments p WHERE p.id::text = l.key)
      UNION
      SELECT key FROM ledger GROUP BY key
      HAVING count(*) FILTER (WHERE status = 'CAPTURED') > 1 OR count(*) FILTER (WHERE status = 'REFUNDED') > 1`,
  },
  {
    invariant: 13,
    what: 'no order is charged under two keys',
    broken: `SELECT subject AS id FROM outbox WHERE type = 'PaymentRequested' GROUP BY 1 HAVING count(*) > 1`,
  },
]

/** 5 and 13: the gateway's books beside ours. They are copied into a temporary table of the payment database. */
export async function moneyFindings({ databases, gatewayUrl }: Scope): Promise<Finding[]> {
  const session = await databases.session('payment')
  try {
    await session.query('BEGIN')
    await copyLedger(session, gatewayUrl)
    const { rows } = await session.query<{ looked: number }>('SELECT count(*)::int AS looked FROM ledger')
    const findings: Finding[] = []
    for (const { broken, ...check } of BESIDE_THE_LEDGER)
      findings.push({ ...check, looked: rows[0]!.looked, ...(await brokenIn(session, broken)) })
    return findings
  } finally {
    await session.query('ROLLBACK').finally(() => session.release())
  }
}
