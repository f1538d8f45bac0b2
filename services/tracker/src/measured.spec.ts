import { expect } from 'chai'
import { measuredIn } from './measured.js'

const TEXT = `# HELP chorus_dead_letters Messages that are set aside
# TYPE chorus_dead_letters gauge
chorus_dead_letters{state="DEAD",service="order"} 2
chorus_dead_letters{state="WAITING",service="order"} 5
chorus_parked_keys{service="order"} 1
chorus_outbox_age_seconds{service="order"} 0.25
chorus_slot_lag_bytes{service="order"} 1.2e+3
chorus_canary_age_seconds{service="order"} 4.5
chorus_events_emitted_total{type="OrderCreated",service="order"} 7
chorus_events_emitted_total{type="OrderFailed",service="order"} 3
nodejs_version_info{version="v20.19.0",major="20",service="a \\"b\\", {c}"} 1
`

describe('what a service says of itself', () => {
  it('is read from its metrics', () => {
    expect(measuredIn(TEXT)).to.eql({
      letters: { dead: 2, waiting: 5, keys: 1 },
      outboxAgeSeconds: 0.25,
      slotLagBytes: 1200,
      canaryAgeSeconds: 4.5,
      emitted: { OrderCreated: 7, OrderFailed: 3 },
    })
  })

  it('leaves out what is not known', () => {
    expect(measuredIn('')).to.eql({ emitted: {} })
  })
})
