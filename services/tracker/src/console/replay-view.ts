import {
  fromIn,
  groupOf,
  totalsOf,
  type From,
  type Plan,
  type Stretch,
  type Wanted,
} from '@chorus/chassis/operate'
import type { DeclaredService } from '@chorus/contracts'
import type { Form } from './requests.js'
import type { Replay } from './replays.js'

export const FILTERS = ['from', 'topic', 'type', 'key'] as const

/** What a form asks for. @throws Error in words when it cannot be read */
export function wantedIn(form: Form): Wanted {
  const from = fromIn(form.from?.trim() ?? '')
  if (from === undefined)
    throw new Error('From has to be an offset like 0, or a time like 2026-01-31T12:00:00Z.')
  const named = (['topic', 'type', 'key'] as const).flatMap((name) => {
    const value = form[name]?.trim()
    return value ? [[name, value]] : []
  })
  return { from, ...(Object.fromEntries(named) as Omit<Wanted, 'from'>) }
}

const textOf = (from: From) => (typeof from === 'bigint' ? String(from) : from.toISOString())
const quoted = (text: string) => (/^[\w.:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

/** The command that does the same. */
export const commandOf = (service: string, what: 'plan' | 'run', { from, ...filters }: Wanted): string =>
  [
    `npx chorus replay ${what} ${service} --from ${textOf(from)}`,
    ...Object.entries(filters).map(([name, value]) => `--${name} ${quoted(value)}`),
  ].join(' ')

/** What does it with Kafka's own tool, where no launcher is: it knows no types and no keys. */
export function kafkaCommandOf(service: DeclaredService, { from, topic }: Wanted): string {
  const topics = topic === undefined ? groupOf(service).topics : [topic]
  const to =
    typeof from === 'bigint' ? `--to-offset ${from}` : `--to-datetime ${from.toISOString().slice(0, -1)}`
  return (
    `kafka-consumer-groups.sh --bootstrap-server <broker> --group ${service.name} ` +
    `${topics.map((name) => `--topic ${quoted(name)}`).join(' ')} --reset-offsets ${to} --dry-run`
  )
}

/** Events by type and version, over all partitions. */
function byType(stretches: readonly Stretch[]) {
  const sums = new Map<string, Stretch['counted'][number]>()
  for (const one of stretches.flatMap(({ counted }) => counted)) {
    const name = `${one.type} ${one.version}`
    const { events = 0, known = 0 } = sums.get(name) ?? {}
    sums.set(name, { ...one, events: events + one.events, known: known + one.known })
  }
  return [...sums.values()].sort((a, b) => b.events - a.events)
}

/** A plan, as its page shows it. */
export const planView = ({ stretches, effects }: Plan) => ({
  totals: totalsOf(stretches),
  types: byType(stretches),
  stretches: stretches.map(({ topic, partition, offset, was, counted }) => ({
    topic,
    partition,
    offset,
    was,
    events: counted.reduce((sum, { events }) => sum + events, 0),
  })),
  effects,
})

/** A replay that was begun, as its page shows it. */
export function runView({ service, plan, startedMs, left, after, endedMs, trouble }: Replay, nowMs: number) {
  const { events, known, unheard, handled } = totalsOf(plan.stretches)
  const unhandled = after && totalsOf(after).handled
  return {
    service,
    events,
    known,
    unheard,
    startedMs,
    left,
    come: left === undefined ? 0 : Math.max(0, events - left),
    ended: endedMs !== undefined,
    tookMs: (endedMs ?? nowMs) - startedMs,
    trouble,
    ...(unhandled !== undefined && { handled: handled - unhandled, aside: unhandled }),
  }
}
