import { chassis, inService, type Mutation } from './mutation.js'

/** Long enough that a kill finds the process in between. */
const WHILE = 'await new Promise((resolve) => setTimeout(resolve, 300))'

/** What the chassis may get wrong. */
export const chassisMutations: readonly Mutation[] = [
  {
    fault: 'the inbox is not written',
    service: 'payment',
    edits: [
      chassis('inbox', 'INSERT INTO inbox (id, hash) SELECT', 'SELECT'),
      chassis('inbox', 'RETURNING id', ''),
    ],
    breaks: [10],
  },
  {
    fault: 'offsets are committed before the work',
    service: 'product',
    edits: [
      chassis(
        'consumer',
        'careful = await options.take(',
        `offsets.done(batch.topic, batch.partition, batch.lastOffset()); await offsets.flush(); ${WHILE}; careful = await options.take(`,
      ),
    ],
    breaks: [10],
    with: 'kills',
  },
  {
    fault: 'the outbox is written outside the transaction',
    service: 'payment',
    edits: [
      chassis('batch', 'statements.push(append(client, work.events))', ';'),
      chassis(
        'batch',
        `await Promise.all([...statements, client.query('COMMIT')]);`,
        `await Promise.all([...statements, client.query('COMMIT')]); ${WHILE}; if (work.events.length > 0) await append(client, work.events);`,
      ),
    ],
    breaks: [11],
    with: 'kills',
  },
  {
    fault: 'rows are changed and the outbox forgets to say so',
    service: 'coupon',
    edits: [
      chassis(
        'batch',
        'statements.push(append(client, work.events))',
        `statements.push(append(client, work.events.filter(({ type }) => type !== 'CouponRestored')))`,
      ),
    ],
    breaks: [11],
  },
  {
    fault: 'an event whose rule breaks is acknowledged as done',
    service: 'product',
    edits: [
      inService(
        'product',
        'stock',
        'const { unknown, missing } = missingOf(items, rows);',
        `if (userCouponId !== undefined) throw new Error('broken'); const { unknown, missing } = missingOf(items, rows);`,
      ),
      chassis(
        'work',
        'return this.putAside(input, failure.reason, failure.error.message);',
        `return { kind: 'done' };`,
      ),
    ],
    breaks: [2, 10],
  },
  {
    fault: 'a message that nobody can read is acknowledged as done',
    service: 'order',
    edits: [
      chassis('work', 'return this.putAside(input, input.reason, input.detail);', `return { kind: 'done' };`),
    ],
    breaks: [9],
  },
  {
    fault: 'versions are not counted one by one',
    service: 'order',
    edits: [chassis('rows', '?.version ?? 0) + 1', '?.version ?? 0) + 2')],
    breaks: [11],
  },
]
