import type { Stretch } from '@chorus/chassis/operate'
import { topology } from '@chorus/contracts'
import { expect } from 'chai'
import { commandOf, kafkaCommandOf, planView, runView, wantedIn } from './replay-view.js'

const FROM = '2026-01-31T12:00:00.000Z'
const payment = topology.services.find(({ name }) => name === 'payment')!

const counted = (type: string, events: number, known: number, heard = true) => ({
  type,
  version: '1',
  events,
  known,
  heard,
})
const stretch = (partition: number, ...all: Stretch['counted']): Stretch => ({
  topic: 'order.events',
  partition,
  was: '9',
  offset: '0',
  counted: all,
})

describe('a replay on the console', () => {
  it('begins at an offset or at a time, and leaves out what was not filled in', () => {
    expect(wantedIn({ from: ' 12 ', type: '', key: ' k ' })).to.eql({ from: 12n, key: 'k' })
    expect(wantedIn({ from: FROM, topic: 'order.events' })).to.eql({
      from: new Date(FROM),
      topic: 'order.events',
    })
  })

  for (const from of [undefined, '', 'yesterday', '-1', '1.5e999'])
    it(`cannot begin at ${from}`, () =>
      expect(() => wantedIn({ ...(from && { from }) })).to.throw(/From has to be/))

  it('names the command that does it, safe to paste into a shell', () => {
    expect(commandOf('order', 'plan', { from: 0n, key: 'a' })).to.equal(
      'npx chorus replay plan order --from 0 --key a',
    )
    expect(commandOf('order', 'run', { from: new Date(FROM), key: "$(x)'" })).to.equal(
      `npx chorus replay run order --from ${FROM} --key '$(x)'\\'''`,
    )
  })

  it('names what does it with Kafka alone', () => {
    expect(kafkaCommandOf(payment, { from: new Date(FROM), topic: 'order.events' })).to.equal(
      'kafka-consumer-groups.sh --bootstrap-server <broker> --group payment --topic order.events' +
        ' --reset-offsets --to-datetime 2026-01-31T12:00:00.000 --dry-run',
    )
    expect(kafkaCommandOf(payment, { from: 0n })).to.include('--topic product.events')
  })

  it('sums up what comes again, over all partitions', () => {
    const stretches = [
      stretch(0, counted('OrderCreated', 2, 2), counted('OrderFailed', 3, 0, false)),
      stretch(1, counted('OrderCreated', 5, 1)),
    ]
    const { totals, types } = planView({ stretches, effects: [] })
    expect(totals).to.eql({ events: 10, known: 3, unheard: 3, handled: 4 })
    expect(types).to.eql([counted('OrderCreated', 7, 3), counted('OrderFailed', 3, 0, false)])
  })

  it('tells afterwards what was handled, and what was set aside', () => {
    const plan = { stretches: [stretch(0, counted('OrderCreated', 6, 1))], effects: [] }
    const after = [stretch(0, counted('OrderCreated', 6, 4))]
    const run = { service: 'coupon', plan, startedMs: 1000, left: 0 }
    expect(runView(run, 1500)).to.include({ come: 6, ended: false, tookMs: 500 })
    expect(runView({ ...run, after, endedMs: 3000 }, 9000)).to.include({
      known: 1,
      handled: 3,
      aside: 2,
      tookMs: 2000,
    })
  })
})
