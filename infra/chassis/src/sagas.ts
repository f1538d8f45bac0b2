import { contractOf } from '@chorus/contracts'
import { Histogram, type Registry } from 'prom-client'
import type { BatchResult } from './batch.js'
import type { Service } from './service.js'

const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900]

/**
 * Measures how long the flows took that a service ends, by the state they ended in.
 * @returns to be called after a commit; free for a service that ends none
 */
export function measureSagas({ flow, tables }: Service, registry: Registry): (result: BatchResult) => void {
  const { began, ends = {} } = flow ?? {}
  if (began === undefined) return () => {}
  const seconds = new Histogram({
    name: 'chorus_saga_duration_seconds',
    help: 'Time from the beginning of a flow to its end, by the state it ended in',
    labelNames: ['outcome'],
    buckets: SECONDS,
    registers: [registry],
  })
  return ({ events, changed }) => {
    const ended = events.filter(({ type }) => ends[type] !== undefined)
    if (ended.length === 0) return
    const { aggregate } = contractOf(ended[0]!.type)
    const [name, { id }] = Object.entries(tables).find(([, table]) => table.aggregate === aggregate)!
    const rows = new Map(changed(name).map((row) => [row[id], row]))
    for (const { type, subject, time } of ended) {
      const since = rows.get(subject)?.[began]
      if (since instanceof Date)
        seconds.observe({ outcome: ends[type]! }, (time.getTime() - since.getTime()) / 1000)
    }
  }
}
