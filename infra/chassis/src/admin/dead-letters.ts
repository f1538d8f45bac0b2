import {
  countLetters,
  drop,
  findLetters,
  release,
  type Choice,
  type Letter,
  type WholeLetter,
} from '../letters/letters.js'
import { Problem } from '../problem.js'
import type { ActionRoute, QueryRoute } from '../routes.js'
import { answerSchema, instant } from '../schemas.js'

const text = { type: 'string', maxLength: 500 } as const
const place = {
  topic: { type: 'string', minLength: 1, maxLength: 249 },
  partition: { type: 'integer', minimum: 0, maximum: 2_147_483_647 },
  offset: { type: 'string', pattern: '^[0-9]{1,18}$' },
} as const
const choice = { key: { ...text, description: 'Letters of this key.' }, ...place } as const
const count = { type: 'integer', minimum: 0 } as const
const nullable = { type: ['string', 'null'] } as const

const letter = answerSchema(
  'DeadLetter',
  {
    ...place,
    key: nullable,
    eventId: nullable,
    type: nullable,
    state: { enum: ['DEAD', 'WAITING'] },
    reason: { type: 'string' },
    detail: nullable,
    attempts: { type: 'integer', minimum: 1 },
    firstAt: instant,
    lastAt: instant,
    released: { type: 'boolean', description: 'It was let go and waits for its turn.' },
    behind: { ...count, description: 'Later messages of its key that wait behind it.' },
    headers: { type: 'object', additionalProperties: { type: 'string' } },
    payload: { ...nullable, description: 'As text.' },
  },
  ['headers', 'payload'],
)

function viewOf(row: WholeLetter, whole: boolean): object {
  const { headers, payload, ...letter } = row
  return whole ? { ...letter, headers, payload: payload?.toString() ?? null } : letter
}

const list: QueryRoute = {
  method: 'get',
  path: '/admin/dead-letters',
  access: 'admin',
  summary: 'Messages that were set aside, the oldest first',
  query: {
    type: 'object',
    additionalProperties: false,
    properties: {
      ...choice,
      state: { enum: ['DEAD', 'WAITING'], description: 'Only letters in this state; all are counted.' },
      limit: { type: 'integer', minimum: 1, maximum: 500, default: 100 },
      whole: { type: 'boolean', default: false, description: 'With headers and payload.' },
    },
  },
  answer: answerSchema('DeadLetters', {
    dead: { ...count, description: 'How many are dead.' },
    waiting: { ...count, description: 'How many wait behind dead ones.' },
    keys: { ...count, description: 'How many keys are parked.' },
    items: { type: 'array', maxItems: 500, items: letter },
  }),
  async read(knex, { query }) {
    const { limit, whole, state, ...chosen } = query as unknown as Choice & {
      limit: number
      whole: boolean
      state?: Letter['state']
    }
    const [counts, letters] = await Promise.all([
      countLetters(knex, chosen),
      findLetters(knex, chosen, limit, state),
    ])
    return { ...counts, items: letters.map((row) => viewOf(row, whole)) }
  },
}

const releaseLetters: ActionRoute = {
  method: 'post',
  path: '/admin/dead-letters/release',
  access: 'admin',
  name: 'releaseDeadLetters',
  summary: 'Lets dead letters go: they are handled again, each key in its order',
  body: {
    type: 'object',
    additionalProperties: false,
    properties: { ...choice, all: { const: true, description: 'To be said when no letter is chosen.' } },
  },
  status: 202,
  answer: answerSchema('Release', {
    released: { ...count, description: 'Letters that were let go just now.' },
  }),
  async act({ knex, releaser }, { body: { all, ...chosen } }) {
    if ((Object.keys(chosen).length === 0) !== (all === true))
      throw new Problem('BODY_INVALID', 'body must choose letters, or have "all": true, and not both.')
    const released = await release(knex, chosen)
    releaser.wake()
    return { released }
  },
}

const dropLetter: ActionRoute = {
  method: 'post',
  path: '/admin/dead-letters/drop',
  access: 'admin',
  name: 'dropDeadLetter',
  summary: 'Gives a dead letter up; who did so and why stays on record',
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['topic', 'partition', 'offset', 'why'],
    properties: { ...place, why: { ...text, minLength: 1 } },
  },
  refusals: ['NOT_FOUND'],
  status: 200,
  answer: answerSchema('Drop', { dropped: { const: true } }),
  async act({ knex, releaser }, { caller, body }) {
    const { topic, partition, offset, why } = body as {
      topic: string
      partition: number
      offset: string
      why: string
    }
    if (!(await drop(knex, { topic, partition, offset }, caller.userId, why)))
      throw new Problem('NOT_FOUND', `No message is set aside at ${topic}/${partition}/${offset}.`)
    releaser.wake()
    return { dropped: true }
  },
}

export const deadLetterRoutes = [list, releaseLetters, dropLetter] as const
