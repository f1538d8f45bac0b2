import { parser } from '@prometheus-io/lezer-promql'

/** What an expression asks Prometheus for. */
export interface Asked {
  metrics: Set<string>
  labels: Set<string>
}

const GRAFANA = [
  ['$__rate_interval', '5m'],
  ['$service', '.*'],
] as const

/**
 * Reads a PromQL expression with Prometheus' own grammar; Grafana's variables are filled in.
 * @throws Error that shows the expression when it is none
 */
export function askedBy(expression: string): Asked {
  const text = GRAFANA.reduce((filled, [name, value]) => filled.replaceAll(name, value), expression)
  const asked: Asked = { metrics: new Set(), labels: new Set() }
  parser.parse(text).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) throw new Error(`not PromQL, from character ${from}: ${text}`)
      if (type.name === 'Identifier') asked.metrics.add(text.slice(from, to))
      if (type.name === 'LabelName') asked.labels.add(text.slice(from, to))
    },
  })
  return asked
}
