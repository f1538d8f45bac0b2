import type { DeclaredService, Topology } from '@chorus/contracts'
import type { ServiceHealth } from '../system.js'
import { spanOf } from './render.js'
import { arrowBetween, halfOf, placesIn, SHAPES } from './system-drawing.js'

/** A canary comes every ten seconds; the alert CanaryLost counts from the same age. */
const CANARY_LOST_S = 15

const tenth = (value: number) => Math.round(value * 10) / 10

const heardOf = (producer: DeclaredService, consumer: DeclaredService) =>
  producer.emits.filter((type) => type in consumer.hears)

/** What goes over an arrow: events a second, and how many of them are still to be heard. */
function trafficOf(events: readonly string[], from?: ServiceHealth, to?: ServiceHealth) {
  const rates = from?.rates
  const rate = rates && tenth(events.reduce((sum, type) => sum + (rates[type] ?? 0), 0))
  const lag = (from && to?.lags?.[from.name]) ?? 0
  const label = [
    ...(rate === undefined ? [] : [`${rate.toLocaleString('en')}/s`]),
    ...(lag > 0 ? [`lag ${lag.toLocaleString('en')}`] : []),
  ].join(', ')
  return { busy: (rate ?? 0) > 0, late: lag > 0, text: label === '' ? '?' : label }
}

const sizeOf = (bytes: number) =>
  bytes < 1000
    ? `${bytes} B`
    : bytes < 1e6
      ? `${Math.round(bytes / 1000)} kB`
      : `${Math.round(bytes / 1e6)} MB`

/** What a box says besides its rate, in words. */
function wordsOf(health: ServiceHealth | undefined) {
  const { outboxAgeSeconds: age, slotLagBytes: bytes, canaryAgeSeconds: canary, letters } = health ?? {}
  return {
    canary: canary === undefined ? undefined : spanOf(canary * 1000),
    canaryLost: canary !== undefined && canary > CANARY_LOST_S,
    outboxAge: age === undefined ? undefined : spanOf(age * 1000),
    slotLag: bytes === undefined ? undefined : sizeOf(bytes),
    dead: letters?.dead ?? 0,
    failedTask: health?.task !== undefined && health.task !== 'RUNNING' ? health.task : undefined,
  }
}

interface Arrow extends ReturnType<typeof trafficOf> {
  from: string
  to: string
  events: string[]
}

/** Who hears whom, with what goes over each arrow. */
function arrowsOf(services: readonly DeclaredService[], health: readonly ServiceHealth[]): Arrow[] {
  const healthOf = (name: string) => health.find((one) => one.name === name)
  return services.flatMap((producer) =>
    services.flatMap((consumer) => {
      const events = heardOf(producer, consumer)
      if (producer === consumer || events.length === 0) return []
      const traffic = trafficOf(events, healthOf(producer.name), healthOf(consumer.name))
      return [{ from: producer.name, to: consumer.name, events, ...traffic }]
    }),
  )
}

/** The topology as drawings, and each service with how it is. */
export function systemPage({ services }: Topology, health: readonly ServiceHealth[]) {
  const arrows = arrowsOf(services, health)
  const names = services.map(({ name }) => name)
  const drawings = SHAPES.map((shape) => {
    const places = placesIn(shape, services.length)
    const placeOf = (name: string) => places[names.indexOf(name)]!
    return {
      ...shape,
      places,
      arrows: arrows.map((arrow) => ({
        ...arrow,
        half: halfOf(arrow.text),
        ...arrowBetween(placeOf(arrow.from), placeOf(arrow.to), arrow.text),
      })),
    }
  })
  return {
    drawings,
    boxes: services.map((service) => {
      const own = health.find(({ name }) => name === service.name)
      return {
        ...service,
        health: own,
        words: wordsOf(own),
        heardBy: arrows.filter(({ from }) => from === service.name).map(({ to }) => to),
      }
    }),
  }
}
