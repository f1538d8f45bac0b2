import { pageSchema, paging, readPage, type Route } from '@chorus/chassis'
import type { Topology } from '@chorus/contracts'
import { countFlows, flowView, readStory, stuckFlows, waitView, type FlowRow, type Story } from './queries.js'
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
    }),
    read(knex, { query }) {
      const rows = knex<FlowRow>('flows')
      if (query.state !== undefined) void rows.where('state', query.state as string)
      if (query.user !== undefined) void rows.where('user_id', query.user as string)
      return readPage(rows, query, flowView)
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
