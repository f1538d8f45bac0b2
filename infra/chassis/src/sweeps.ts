import type { Knex } from 'knex'
import { submitCall } from './effects.js'
import type { Executor } from './executor.js'
import type { Log } from './log.js'
import type { Call, Service, Sweep } from './service.js'
import { goOn } from './trace.js'

const placed = (call: Call) => ({ ...call, traceparent: goOn(call.traceparent) })

/** Runs a service's sweeps, each on its own clock and never twice at a time. @returns a function that ends them */
export function startSweeps(service: Service, knex: Knex, executor: Executor, log: Log): () => Promise<void> {
  const running = new Map<Sweep, Promise<void>>()
  const round = async (sweep: Sweep) => {
    try {
      const calls = await sweep.due(knex)
      await Promise.all(calls.map((call) => submitCall(executor, service.name, placed(call))))
      if (calls.length > 0) log.info({ sweep: sweep.name, due: calls.length }, 'swept')
    } catch (error) {
      log.warn({ err: error, sweep: sweep.name }, 'a sweep failed; the next round tries again')
    }
  }
  const timers = (service.sweeps ?? []).map((sweep) =>
    setInterval(() => {
      if (running.has(sweep)) return
      running.set(
        sweep,
        round(sweep).finally(() => running.delete(sweep)),
      )
    }, sweep.everyMs),
  )
  return async () => {
    for (const timer of timers) clearInterval(timer)
    await Promise.allSettled(running.values())
  }
}
