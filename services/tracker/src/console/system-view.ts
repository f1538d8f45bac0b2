import type { DeclaredService, Topology } from '@chorus/contracts'
import type { ServiceHealth } from '../system.js'

interface Point {
  x: number
  y: number
}

const WIDTH = 900
const HEIGHT = 520
/** Half a box, with some air for the arrowhead. */
const BOX: Point = { x: 91, y: 47 }
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
  return { a: at(start), b: at(end), label: at(start + (end - start) * 0.36) }
}

const heardOf = (producer: DeclaredService, consumer: DeclaredService) =>
  producer.emits.filter((type) => type in consumer.hears)

/** The topology as a drawing, and each service with how it is. */
export function systemPage({ services }: Topology, health: readonly ServiceHealth[]) {
  const places = services.map((_, i) => placeOf(i, services.length))
  const healthOf = (name: string) => health.find((one) => one.name === name)
  const arrows = services.flatMap((producer, i) =>
    services.flatMap((consumer, k) => {
      const events = heardOf(producer, consumer)
      if (i === k || events.length === 0) return []
      const busy = (healthOf(producer.name)?.perSecond ?? 0) > 0
      const late = (healthOf(consumer.name)?.lag ?? 0) > 0
      return [
        { from: producer.name, to: consumer.name, events, busy, late, ...arrow(places[i]!, places[k]!) },
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
      heardBy: services.filter((other) => other !== service && heardOf(service, other).length > 0),
    })),
  }
}
