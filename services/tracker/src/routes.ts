import { instant, pageSchema, paging, readPage, type Route } from '@chorus/chassis'
import type { Topology } from '@chorus/contracts'
import { countFlows, findFlows, flowView, readStory, stuckFlows, waitView, type Story } from './queries.js'
import {
  countsSchema,
  flowSchema,
  storySchema,
  stuckSchema,
  systemSchema,
  topologySchema,
} from './schemas.js'
import type { System } from './system.js'

const MOST_STUCK = 100

const momentIn = (text: string | undefined) => (text === undefined ? undefined : new Date(text))

const query = (properties: object) => ({ type: 'object', additionalProperties: false, properties })

function storyView({ expected, hops, ...story }: Story) {
  return {
    ...story,
    hops: hops.map(({ atMs, ...hop }) => ({ ...hop, at: new Date(atMs).toISOString() })),
    waitingFor: expected.map(waitView),
  }
}

const flows = (topology: Topology): Route[] => [
  {
    method: 'get',
    path: '/api/flows',
    access: 'admin',
    summary: 'List flows, newest first',
    answer: pageSchema(flowSchema),
    query: query({
      ...paging,
      state: { type: 'string', maxLength: 40, description: 'Only flows in this state.' },
      user: { type: 'string', maxLength: 100, description: 'Only flows of this user.' },
      since: { ...instant, description: 'Only flows that began then or later.' },
      before: { ...instant, description: 'Only flows that began before.' },
    }),
    read(knex, { query }) {
      const { state, user, since, before } = query as Record<string, string | undefined>
      const filter = { state, user, since: momentIn(since), before: momentIn(before) }
      return readPage(findFlows(knex, filter), query, flowView)
    },
  },
  {
    method: 'get',
    path: '/api/flows/:id',
    access: 'admin',
    summary: 'Tell one flow: its events, and what must still come',
    answer: storySchema,
    async read(knex, { params }) {
      const story = await readStory(knex, params.id!, topology)
      return story && storyView(story)
    },
  },
]

/** The REST interface of the tracker: it only tells. */
export const routes = (topology: Topology, system: System): Route[] => [
  ...flows(topology),
  {
    method: 'get',
    path: '/api/stuck',
    access: 'admin',
    summary: 'List the flows in which an event is missing, the longest wait first',
    answer: stuckSchema,
    read: async (knex) => ({ items: await stuckFlows(knex, MOST_STUCK) }),
  },
  {
    method: 'get',
    path: '/api/counts',
    access: 'admin',
    summary: 'Count the flows by state',
    answer: countsSchema,
    read: (knex) => countFlows(knex),
  },
  {
    method: 'get',
    path: '/api/topology',
    access: 'admin',
    summary: 'Read who emits and hears what, and what must follow',
    answer: topologySchema,
    read: () => Promise.resolve(topology),
  },
  {
    method: 'get',
    path: '/api/system',
    access: 'admin',
    summary: 'Ask how the services are',
    answer: systemSchema,
    read: async () => ({ services: await system.look() }),
  },
]
