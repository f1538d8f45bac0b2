import type { DeclaredService, Topology } from '@chorus/contracts'
import type { ServiceHealth } from '../system.js'
import { spanOf } from './render.js'

interface Point {
  x: number
  y: number
}

const WIDTH = 900
const HEIGHT = 560
/** Half a box, with some air for the arrowhead. */
const BOX: Point = { x: 105, y: 57 }
/** There and back are two arrows, side by side. */
const APART = 16

const round = (value: number) => Math.round(value * 10) / 10

/** Boxes on an ellipse, the first one on the left. */
function placeOf(i: number, count: number): Point {
  const angle = Math.PI + (2 * Math.PI * i) / count
  return {
    x: round(WIDTH / 2 + (WIDTH / 2 - BOX.x - 12) * Math.cos(angle)),
    y: round(HEIGHT / 2 + (HEIGHT / 2 - BOX.y - 12) * Math.sin(angle)),
  }
}

/** How far it is on one axis from a place in a box to its edge. */
const along = (at: number, step: number, half: number) =>
  step === 0 ? Infinity : (Math.sign(step) * half - at) / step

/** How far it is from a point in a box, measured from its middle, to its edge. */
const wayOut = ({ x, y }: Point, direction: Point) =>
  Math.min(along(x, direction.x, BOX.x), along(y, direction.y, BOX.y))

function arrow(from: Point, to: Point) {
  const length = Math.hypot(to.x - from.x, to.y - from.y)
  const ahead = { x: (to.x - from.x) / length, y: (to.y - from.y) / length }
  const aside = { x: -ahead.y * APART, y: ahead.x * APART }
  const start = wayOut(aside, ahead)
  const end = length - wayOut(aside, { x: -ahead.x, y: -ahead.y })
  const at = (way: number) => ({
    x: Math.round(from.x + aside.x + ahead.x * way),
    y: Math.round(from.y + aside.y + ahead.y * way),
  })
  return { a: at(start), b: at(end), label: at(start + (end - start) * 0.34) }
}

const heardOf = (producer: DeclaredService, consumer: DeclaredService) =>
  producer.emits.filter((type) => type in consumer.hears)

/** What goes over an arrow: events a second, and how many of them are still to be heard. */
function trafficOf(events: readonly string[], from?: ServiceHealth, to?: ServiceHealth) {
  const rates = from?.rates
  const rate = rates && round(events.reduce((sum, type) => sum + (rates[type] ?? 0), 0))
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
  const { outboxAgeSeconds: age, slotLagBytes: bytes, letters } = health ?? {}
  return {
    outboxAge: age === undefined ? undefined : spanOf(age * 1000),
    slotLag: bytes === undefined ? undefined : sizeOf(bytes),
    dead: letters?.dead ?? 0,
    failedTask: health?.task !== undefined && health.task !== 'RUNNING' ? health.task : undefined,
  }
}

/** The topology as a drawing, and each service with how it is. */
export function systemPage({ services }: Topology, health: readonly ServiceHealth[]) {
  const places = services.map((_, i) => placeOf(i, services.length))
  const healthOf = (name: string) => health.find((one) => one.name === name)
  const arrows = services.flatMap((producer, i) =>
    services.flatMap((consumer, k) => {
      const events = heardOf(producer, consumer)
      if (i === k || events.length === 0) return []
      const traffic = trafficOf(events, healthOf(producer.name), healthOf(consumer.name))
      return [
        { from: producer.name, to: consumer.name, events, ...traffic, ...arrow(places[i]!, places[k]!) },
      ]
    }),
  )
  return {
    width: WIDTH,
    height: HEIGHT,
    arrows,
    boxes: services.map((service, i) => ({
      ...service,
      ...places[i]!,
      health: healthOf(service.name),
      words: wordsOf(healthOf(service.name)),
      heardBy: services.filter((other) => other !== service && heardOf(service, other).length > 0),
    })),
  }
}
