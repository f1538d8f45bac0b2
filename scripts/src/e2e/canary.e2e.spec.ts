import { addressesOf, connectorOf, connectorState, runs } from '@chorus/stack'
import { expect } from 'chai'
import { examine } from '../doctor/doctor.js'
import { sharedSystem } from './shared.js'
import { until, type System } from './system.js'
import { quiet } from './topics.js'

/** The shared system sends a canary every second. */
const DEAF = { deafMs: 3000, stuckMs: 1500 }

describe('the canaries', function () {
  this.timeout(60_000)
  let system: System
  before(async function () {
    this.timeout(240_000)
    system = await sharedSystem()
    await quiet(system)
  })

  const ageOf = async (service: string) => {
    const text = await (await fetch(`${addressesOf(system.run)[service]}/metrics`)).text()
    return Number(/^chorus_canary_age_seconds\{.*\} (\S+)$/m.exec(text)?.[1])
  }
  const untilFresh = (service: string) =>
    until(`a canary of ${service} to come back`, async () => (await ageOf(service)) < 2)

  const consumption = (action: 'pause' | 'resume') =>
    system.ask('coupon', `/admin/consumption/${action}`, { user: 'spec', admin: true, body: {} })

  const whatOf = async (check: string) => {
    const diagnoses = await examine(system.run, DEAF)
    const { troubles } = diagnoses.find((one) => one.check.startsWith(check))!
    return troubles.flatMap(({ part, what }) => (part === 'coupon' ? [what.replace(/\d+/, 'N')] : []))
  }
  const untilFound = (what: string) =>
    until(what, async () => (await whatOf('every canary')).some((found) => found.endsWith(what)))

  it('come back to each service that sends them, and leave no row behind', async () => {
    for (const service of system.run.services) {
      await untilFresh(service)
      const rows = await system.sql(service, `SELECT FROM outbox WHERE type = 'CanarySent'`)
      expect(rows, service).to.deep.equal([])
    }
  })

  it('tell of a connector that runs, sends its heartbeats, and delivers nothing', async () => {
    await system.sql('coupon', 'ALTER PUBLICATION outbox_pub DROP TABLE outbox')
    try {
      await untilFound('events are not delivered, whatever its connector says')
      const state = await connectorState(addressesOf(system.run).connect!, connectorOf('coupon'))
      expect(runs(state)).to.equal(true)
      expect(await whatOf('every connector delivers')).to.deep.equal([])
      expect(await ageOf('coupon')).to.be.greaterThan(3)
      await untilFresh('product')
    } finally {
      await system.sql('coupon', 'ALTER PUBLICATION outbox_pub ADD TABLE outbox')
    }
    await untilFresh('coupon')
  })

  it('tell of a service that hears nothing of what is delivered', async () => {
    await consumption('pause')
    try {
      await untilFound('it hears nothing')
    } finally {
      await consumption('resume')
    }
    await untilFresh('coupon')
    await until('nothing to be found', async () => (await whatOf('every canary')).length === 0)
  })
})
