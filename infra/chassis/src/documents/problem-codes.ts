import { problems, type ProblemCode } from '@chorus/contracts'
import type { ActionRoute, CommandRoute, QueryRoute, Route, StreamRoute } from '../routes.js'

/** What can go wrong with any request. */
const ANYWHERE: readonly ProblemCode[] = ['REQUEST_MALFORMED', 'HEADERS_TOO_LARGE', 'UNAVAILABLE', 'INTERNAL']

const ofCaller = ({ access }: Route): ProblemCode[] => [
  ...(access === 'public' ? [] : (['TOKEN_MISSING', 'TOKEN_INVALID'] as const)),
  ...(access === 'admin' ? (['ADMIN_REQUIRED'] as const) : []),
]

const ofAction = ({ refusals = [] }: CommandRoute | ActionRoute): ProblemCode[] => [
  'BODY_INVALID',
  'BODY_MALFORMED',
  'BODY_TOO_LARGE',
  'MEDIA_TYPE_UNSUPPORTED',
  ...refusals,
]

const ofCommand = (route: CommandRoute): ProblemCode[] => [
  'IDEMPOTENCY_KEY_MISSING',
  'IDEMPOTENCY_KEY_REUSED',
  ...ofAction(route),
]

const ofQuery = (route: QueryRoute | StreamRoute): ProblemCode[] => ('read' in route ? ['BODY_INVALID'] : [])

/** Every problem that a route can answer, by status. */
export function problemCodes(route: Route): Map<number, ProblemCode[]> {
  const codes = new Set<ProblemCode>([
    ...ofCaller(route),
    ...('rule' in route ? ofCommand(route) : 'act' in route ? ofAction(route) : ofQuery(route)),
    ...(route.path.includes(':') ? (['NOT_FOUND'] as const) : []),
    ...ANYWHERE,
  ])
  const byStatus = new Map<number, ProblemCode[]>()
  for (const code of codes) {
    const { status } = problems[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return new Map([...byStatus].sort(([a], [b]) => a - b))
}
