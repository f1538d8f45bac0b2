import type { RequestHandler } from 'express'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { BatchResult } from './batch.js'
import type { Route } from './routes.js'
import type { Sizes } from './upkeep.js'

/** The measurements of one service, in Prometheus' form. No ids in labels, ever. */
export interface Metrics {
  /** For further measurements. */
  registry: Registry
  contentType: string
  text(): Promise<string>
  /** Measures the requests of one route. */
  timed(route: Route): RequestHandler
  /** Counts one committed batch. */
  batch(result: BatchResult, inputs: number, ms: number): void
  /** Shows how large and how old outbox and inbox are. */
  sizes(sizes: readonly Sizes[]): void
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

const requestTimes = (registers: Registry[]) =>
  new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time to answer a request',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers,
  })

const executorInstruments = (registers: Registry[]) => ({
  seconds: new Histogram({
    name: 'chorus_batch_duration_seconds',
    help: 'Time of one transaction of the executor',
    buckets: SECONDS,
    registers,
  }),
  inputs: new Histogram({
    name: 'chorus_batch_inputs',
    help: 'Inputs in one transaction of the executor',
    buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000],
    registers,
  }),
  emitted: new Counter({
    name: 'chorus_events_emitted_total',
    help: 'Events written to the outbox',
    labelNames: ['type'],
    registers,
  }),
  outcomes: new Counter({
    name: 'chorus_inputs_total',
    help: 'Inputs of the executor by what became of them',
    labelNames: ['outcome'],
    registers,
  }),
})

const gauge = (registers: Registry[], name: string, help: string) =>
  new Gauge({ name, help, labelNames: ['table'], registers })

const partitionInstruments = (registers: Registry[]) => ({
  count: gauge(registers, 'chorus_partitions', 'Partitions of the outbox and the inbox'),
  bytes: gauge(registers, 'chorus_partition_bytes', 'Size of all partitions, with their indexes'),
  age: gauge(registers, 'chorus_partition_oldest_seconds', 'Time since the oldest partition began'),
  waiting: gauge(
    registers,
    'chorus_partition_default_bytes',
    'Size of the rows that no partition was made for',
  ),
})

/** Opens the registry of a service. */
export function openMetrics(service: string): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry })
  const requests = requestTimes([registry])
  const executor = executorInstruments([registry])
  const partitions = partitionInstruments([registry])
  return {
    registry,
    contentType: registry.contentType,
    text: () => registry.metrics(),
    timed: (route) => (req, res, next) => {
      const end = requests.startTimer({ method: req.method, route: route.path })
      res.once('finish', () => end({ status: res.statusCode }))
      next()
    },
    batch: (result, inputs, ms) => {
      executor.seconds.observe(ms / 1000)
      executor.inputs.observe(inputs)
      for (const { type } of result.events) executor.emitted.inc({ type })
      for (const { kind } of result.outcomes) executor.outcomes.inc({ outcome: kind })
    },
    sizes: (sizes) => {
      for (const { table, count, bytes, ageSeconds, defaultBytes } of sizes) {
        partitions.count.set({ table }, count)
        partitions.bytes.set({ table }, bytes)
        partitions.age.set({ table }, ageSeconds)
        partitions.waiting.set({ table }, defaultBytes)
      }
    },
  }
}
