import type { Knex } from 'knex'
import { submitCall } from './effects.js'
import type { Executor } from './executor.js'
import type { Log } from './log.js'
import { startRounds, type Rounds } from './rounds.js'
import type { Call, Service } from './service.js'
import { goOn } from './trace.js'

const placed = (call: Call) => ({ ...call, traceparent: goOn(call.traceparent) })

/** Runs a service's sweeps, each in its own rounds. */
export const startSweeps = (service: Service, knex: Knex, executor: Executor, log: Log): Rounds[] =>
  (service.sweeps ?? []).map((sweep) =>
    startRounds(async () => {
      try {
        const calls = await sweep.due(knex)
        await Promise.all(calls.map((call) => submitCall(executor, service.name, placed(call))))
        if (calls.length > 0) log.info({ sweep: sweep.name, due: calls.length }, 'swept')
      } catch (error) {
        log.warn({ err: error, sweep: sweep.name }, 'a sweep failed; the next round tries again')
      }
      return sweep.everyMs
    }),
  )
