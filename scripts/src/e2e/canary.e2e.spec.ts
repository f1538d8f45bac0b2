import { addressesOf, connectorOf, connectorState, runs } from '@chorus/stack'
import { publishingAnew } from '@chorus/chassis/operate'
import { expect } from 'chai'
import { canaryChecks } from '../doctor/canary.js'
import { captureChecks } from '../doctor/capture.js'
import { openPatient, type Patient } from '../doctor/patient.js'
import { sharedSystem } from './shared.js'
import { until, type System } from './system.js'
import { quiet } from './topics.js'

/** The shared system sends a canary every second. */
const DEAF = { deafMs: 2000, stuckMs: 800 }

describe('the canaries', function () {
  this.timeout(60_000)
  let system: System
  let patient: Patient & { close(): Promise<void> }
  before(async function () {
    this.timeout(240_000)
    system = await sharedSystem()
    await quiet(system)
    patient = await openPatient(system.run)
  })
  after(() => patient.close())

  const ageOf = async (service: string) => {
    const text = await (await fetch(`${addressesOf(system.run)[service]}/metrics`)).text()
    return Number(/^chorus_canary_age_seconds\{.*\} (\S+)$/m.exec(text)?.[1])
  }
  const untilFresh = (service: string) =>
    until(`a canary of ${service} to come back`, async () => (await ageOf(service)) < 2)

  const consumption = (action: 'pause' | 'resume') =>
    system.ask('product', `/admin/consumption/${action}`, { user: 'spec', admin: true, body: {} })

  /** What a check of the doctor finds: the part, and the end of what it says. */
  const found = async (name: string) => {
    const check = [...canaryChecks, ...captureChecks].find((one) => one.name.startsWith(name))!
    const troubles = await check.look({ ...patient, ...DEAF })
    return troubles.map(({ part, what }) => `${part}: ${what.split(': ')[1]}`).toSorted()
  }

  it('come back to each service that sends them, and leave no row behind', async () => {
    for (const service of system.run.services) {
      await untilFresh(service)
      const rows = await system.sql(service, `SELECT FROM outbox WHERE type = 'CanarySent'`)
      expect(rows, service).to.deep.equal([])
    }
  })

  it('tell what is not delivered by a connector that runs from what is not heard', async () => {
    await system.sql('coupon', 'ALTER PUBLICATION outbox_pub DROP TABLE outbox')
    await consumption('pause')
    const wanted = [
      'coupon: events are not delivered, whatever its connector says',
      'product: it hears nothing',
    ].join()
    try {
      await until('both to be found', async () => (await found('every canary')).join() === wanted)
      const state = await connectorState(addressesOf(system.run).connect!, connectorOf('coupon'))
      expect(runs(state)).to.equal(true)
      expect(await found('every connector delivers')).to.deep.equal([])
      expect(await ageOf('coupon')).to.be.greaterThan(2)
    } finally {
      await system.sql('coupon', publishingAnew)
      await consumption('resume')
    }
    for (const service of system.run.services) await untilFresh(service)
  })
})
