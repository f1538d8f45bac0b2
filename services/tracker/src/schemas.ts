import { answerSchema, instant, uuid } from '@chorus/chassis'

const text = { type: 'string' } as const
const count = { type: 'integer', minimum: 0 } as const

const wait = answerSchema('Wait', {
  service: { ...text, description: 'Who has to act.' },
  owes: { type: 'array', items: text, description: 'Any of these events will do.' },
  after: { ...text, description: 'The event that it follows from.' },
  since: { ...instant, description: 'Since when it is waited for; in the future while there is time.' },
})

export const flowSchema = answerSchema('Flow', {
  id: { ...uuid, description: 'The id of the order.' },
  user: { type: ['string', 'null'] },
  state: { ...text, description: 'OPEN, or as the event that ended it says.' },
  events: count,
  last: answerSchema('LastEvent', { type: text, at: instant }),
  startedAt: instant,
  waitingFor: { type: 'array', items: wait, description: 'What must still come, the longest awaited first.' },
})

const hop = answerSchema(
  'Hop',
  {
    id: uuid,
    type: text,
    service: text,
    at: instant,
    offsetMs: { type: 'integer', description: 'Since the first event of the flow.' },
    tookMs: { type: 'integer', description: 'Since the event that led to it.' },
    causeId: uuid,
    causationId: { ...text, description: 'An event or a command.' },
    traceparent: text,
    mark: { enum: ['fact', 'refusal', 'undo', 'end'] },
    undoes: { ...text, description: 'The event that it takes back.' },
    data: { type: 'object', description: 'As it stands on the topic.' },
    dataschema: text,
    topic: text,
    partition: count,
    offset: count,
    copies: { ...count, description: 'How often it stands there besides; whoever hears it drops these.' },
    standing: {
      enum: ['there', 'resent', 'gone'],
      description: 'resent: its topic was made anew, and it was sent again; gone: it was not.',
    },
  },
  ['tookMs', 'causeId', 'undoes'],
)

export const storySchema = answerSchema(
  'Story',
  {
    id: uuid,
    user: { type: ['string', 'null'] },
    state: text,
    traceId: { type: 'string', pattern: '^[0-9a-f]{32}$' },
    hops: { type: 'array', items: hop },
    waitingFor: { type: 'array', items: wait },
  },
  ['traceId'],
)

export const countsSchema = answerSchema('FlowCounts', {
  states: { type: 'object', additionalProperties: count },
  stuck: { ...count, description: 'Flows in which an event is missing for more than 2 s.' },
})

export const stuckSchema = answerSchema('StuckFlows', {
  items: { type: 'array', items: flowSchema },
})

export const topologySchema = answerSchema('Topology', {
  services: {
    type: 'array',
    items: answerSchema('DeclaredService', {
      name: text,
      emits: { type: 'array', items: text },
      hears: { type: 'object', additionalProperties: { type: 'array', items: text } },
      duties: { type: 'array', items: { type: 'object' } },
      undoes: { type: 'object', additionalProperties: text },
      refusals: { type: 'array', items: text },
      ends: { type: 'object', additionalProperties: text },
      effects: { type: 'array', items: text },
    }),
  },
})

const byName = { type: 'object', additionalProperties: { type: 'number', minimum: 0 } } as const

const health = answerSchema(
  'ServiceHealth',
  {
    name: text,
    answers: { type: 'boolean' },
    lag: { ...count, description: 'Messages that it has still to hear.' },
    lags: { ...byName, description: 'The same by the service that emitted them.' },
    events: { ...count, description: 'Events on its topic.' },
    perSecond: { type: 'number', description: 'Events that came to its topic a second.' },
    rates: { ...byName, description: 'Events that it emitted a second, by type.' },
    task: { ...text, description: 'State of its connector’s task.' },
    letters: answerSchema('SetAside', {
      dead: count,
      waiting: { ...count, description: 'Messages that wait behind dead ones.' },
      keys: { ...count, description: 'Keys that are parked.' },
    }),
    outboxAgeSeconds: {
      type: 'number',
      description: 'For how long events may have waited to be read, at least.',
    },
    slotLagBytes: { type: 'number', description: 'Log that the reader of the outbox has not confirmed.' },
    canaryAgeSeconds: {
      type: 'number',
      description: 'Since the last canary was sent that came back to it.',
    },
  },
  [
    'lag',
    'lags',
    'events',
    'perSecond',
    'rates',
    'task',
    'letters',
    'outboxAgeSeconds',
    'slotLagBytes',
    'canaryAgeSeconds',
  ],
)

export const systemSchema = answerSchema('System', {
  services: { type: 'array', items: health },
})
