import { emits, orphansOf, type Service } from '@chorus/chassis'
import { contracts, topology } from '@chorus/contracts'
import { expect } from 'chai'
import { topologyText } from '../contract-commands/topology.js'
import { describedServices } from '../services.js'

const without = (change: (service: Service) => Partial<Service>, name: string) =>
  describedServices.map((service) => (service.name === name ? { ...service, ...change(service) } : service))

const withoutFailure = ({ evolve }: Service): Partial<Service> => ({
  evolve: Object.fromEntries(Object.entries(evolve).filter(([type]) => type !== 'PaymentFailed')),
})

describe('the services together', () => {
  it('have no orphans: each event has a contract, an emitter, and exists for whoever reacts to it', () => {
    expect(orphansOf(describedServices)).to.eql([])
  })

  it('show an event that nobody emits, and who waits for it in vain', () => {
    const muted = without(withoutFailure, 'payment')
    expect(orphansOf(muted)).to.have.members([
      'PaymentFailed has a contract, but payment does not emit it',
      'order reacts to PaymentFailed, which nobody emits',
      'coupon reacts to PaymentFailed, which nobody emits',
      'product reacts to PaymentFailed, which nobody emits',
    ])
  })

  it('show an emitted event and a reaction that have no contract', () => {
    const fewer = contracts.filter(({ type }) => type !== 'CouponUsed')
    expect(orphansOf(describedServices, fewer)).to.have.members([
      'coupon emits CouponUsed, which has no contract',
      'order reacts to CouponUsed, which does not exist',
      'product reacts to CouponUsed, which does not exist',
    ])
  })

  it('are as contracts/topology.json says (mend it with npx chorus contracts topology && npm run build)', () => {
    expect(topology).to.eql(JSON.parse(topologyText()))
  })

  it('emit every event of their own and none of another', () => {
    for (const service of describedServices) {
      const own = contracts.filter(({ producer }) => producer === service.name).map(({ type }) => type)
      expect(emits(service)).to.have.members([...new Set(own)])
    }
  })
})
