import { contracts, isEventType, violationsOf } from '@chorus/contracts'
import { expect } from 'chai'
import { sharedSystem } from './shared.js'
import type { System } from './system.js'
import { quiet, readAll } from './topics.js'

/** Named to run last: it looks over everything that the other end-to-end specs left on the topics. */
describe('what the whole run left on the topics', function () {
  this.timeout(120_000)
  let system: System
  before(async function () {
    this.timeout(240_000)
    system = await sharedSystem()
    await quiet(system)
  })

  it('is every event of every outbox, each true to the version of its contract that it names', async () => {
    const messages = new Map(
      (await readAll(system)).map(({ message }) => [String(message.headers?.ce_id), message]),
    )
    let checked = 0
    for (const service of system.run.services) {
      const rows = await system.sql<{ id: string; type: string }>(service, 'SELECT id, type FROM outbox')
      for (const { id, type } of rows) {
        const message = messages.get(id)
        const contract = contracts.find(
          ({ dataschema }) => dataschema === String(message?.headers?.ce_dataschema),
        )
        expect(contract?.type, `${type} ${id}`).to.equal(type)
        if (!isEventType(type)) throw new Error(`${type} has no contract`)
        const data: unknown = JSON.parse(String(message?.value))
        expect(violationsOf(type, data, 'strict', contract?.version), `${type} ${id}`).to.equal(undefined)
        checked++
      }
    }
    expect(checked).to.be.greaterThan(5)
  })
})
