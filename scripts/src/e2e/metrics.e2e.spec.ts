import { addressesOf } from '@chorus/stack'
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { askedBy } from './promql.js'
import { sharedShop } from './shared.js'
import type { Shop } from './shop.js'
import { someUser, until, type System } from './system.js'

/** What Prometheus itself adds to what it asks for. */
const ADDED = { metrics: ['up'], labels: ['job', 'instance'] }

interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

interface Dashboard {
  panels: { title: string; targets?: { expr: string }[] }[]
  templating: { list: { query: string | { query: string } }[] }
}

const file = (name: string) =>
  readFileSync(new URL(`../../../infra/observability/${name}`, import.meta.url), 'utf8')

const labelsIn = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, value]) => [label!, value!]))

const samplesIn = (text: string): Sample[] =>
  [...text.matchAll(/^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/gm)].map(([, name, labels, value]) => ({
    name: name!,
    labels: labelsIn(labels ?? ''),
    value: Number(value),
  }))

/** Every expression of the alert rules and the dashboard, with where it stands. */
function expressions(): [string, string][] {
  const { groups } = parse(file('alerts.yml')) as { groups: { rules: { alert: string; expr: string }[] }[] }
  const { panels, templating } = JSON.parse(file('dashboard.json')) as Dashboard
  return [
    ...groups.flatMap(({ rules }) => rules.map(({ alert, expr }): [string, string] => [alert, expr])),
    ...panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }): [string, string] => [title, expr]),
    ),
    ...templating.list.flatMap(({ query }): [string, string][] =>
      typeof query === 'string' ? [] : [['a variable', /^label_values\((.*), \w+\)$/.exec(query.query)![1]!]],
    ),
  ]
}

describe('the metrics', function () {
  this.timeout(60_000)
  let system: System
  let shop: Shop
  before(async function () {
    this.timeout(240_000)
    ;({ system, shop } = await sharedShop())
    const user = someUser()
    await shop.order({ user, items: [{ productId: await shop.product(), quantity: 1 }] })
  })

  const consumption = (what: string) =>
    system.ask('coupon', `/admin/consumption/${what}`, { user: 'admin', admin: true, body: {} })

  const connector = (action: string) =>
    fetch(`${addressesOf(system.run).connect}/connectors/product-outbox/${action}`, { method: 'PUT' })

  const metricsOf = async (service: string) =>
    samplesIn(await (await fetch(`${addressesOf(system.run)[service]}/metrics`)).text())

  const valueOf = async (service: string, name: string, labels: Record<string, string> = {}) => {
    const found = (await metricsOf(service)).filter(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    )
    expect(found, `${name} of ${service}`).not.to.be.empty
    return found.reduce((sum, { value }) => sum + value, 0)
  }

  it('that rules and dashboard name are those that the services have, with the labels that they name', async () => {
    const all = (await Promise.all([...system.run.services, 'tracker'].map(metricsOf))).flat()
    const known = new Map<string, Set<string>>(
      ADDED.metrics.map((name): [string, Set<string>] => [name, new Set()]),
    )
    for (const { name, labels } of all)
      known.set(name, new Set([...(known.get(name) ?? []), ...Object.keys(labels)]))
    for (const [where, expression] of expressions()) {
      const { metrics, labels } = askedBy(expression)
      expect(metrics.size, where).to.be.greaterThan(0)
      expect([...known.keys()], where).to.include.members([...metrics])
      const having = [...metrics].flatMap((name) => [...known.get(name)!])
      expect([...having, ...ADDED.labels], where).to.include.members([...labels])
    }
  })

  it('show how long an order took, and how it ended', async () => {
    const completed = { outcome: 'COMPLETED' }
    const before = await valueOf('order', 'chorus_saga_duration_seconds_count', completed)
    const secondsBefore = await valueOf('order', 'chorus_saga_duration_seconds_sum', completed)
    const user = someUser()
    const { id } = await shop.order({ user, items: [{ productId: await shop.product(), quantity: 1 }] })
    expect(await valueOf('order', 'chorus_saga_duration_seconds_count', completed)).to.equal(before + 1)
    const [row] = await system.sql<{ seconds: number }>(
      'order',
      'SELECT extract(epoch FROM updated_at - created_at)::float AS seconds FROM orders WHERE id = $1',
      [id],
    )
    const seconds = (await valueOf('order', 'chorus_saga_duration_seconds_sum', completed)) - secondsBefore
    expect(seconds).to.be.closeTo(row!.seconds, 0.002)
  })

  it('show what a consumer group has still to handle', async () => {
    const topic = { consumergroup: 'coupon', topic: 'order.events' }
    await until('no lag', async () => (await valueOf('coupon', 'kafka_consumergroup_lag', topic)) === 0)
    const user = someUser()
    const productId = await shop.product()
    await consumption('pause')
    try {
      await shop.order({ user, items: [{ productId, quantity: 1 }] })
      expect(await valueOf('coupon', 'kafka_consumergroup_lag', topic)).to.be.at.least(1)
    } finally {
      await consumption('resume')
    }
    await until('no lag', async () => (await valueOf('coupon', 'kafka_consumergroup_lag', topic)) === 0)
  })

  it('show that an outbox is not read, for how long, and how much waits', async () => {
    expect(await valueOf('product', 'chorus_slot_active')).to.equal(1)
    expect((await connector('stop')).ok).to.equal(true)
    try {
      await until('nobody to read it', async () => (await valueOf('product', 'chorus_slot_active')) === 0)
      const body = { name: 'Unread', category: 'spec', price: { amount: 1, currency: 'USD' }, stock: 1 }
      await system.ask('product', '/products', { user: 'admin', admin: true, body })
      expect(await valueOf('product', 'chorus_slot_lag_bytes')).to.be.greaterThan(0)
      await until('it to wait', async () => (await valueOf('product', 'chorus_outbox_age_seconds')) > 0.2)
    } finally {
      await connector('resume')
    }
    await until('it to be read', async () => (await valueOf('product', 'chorus_slot_active')) === 1)
  })
})
