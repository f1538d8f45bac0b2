/** A point of a drawing. */
export interface Point {
  x: number
  y: number
}

/** The size of a drawing, in its own units. */
interface Shape {
  name: 'wide' | 'tall'
  width: number
  height: number
}

/** One for broad windows, and one for phones. */
export const SHAPES: readonly Shape[] = [
  { name: 'wide', width: 900, height: 560 },
  { name: 'tall', width: 580, height: 700 },
]
/** Half a box, with some air for the arrowhead. */
const BOX: Point = { x: 105, y: 57 }
const MARGIN = 12
/** There and back are two arrows, side by side. */
const APART = 16
/** Where on its arrow a label stands, so that those of there and back do not meet. */
const LABEL_AT = 0.34
/** Half the width of a label. */
export const halfOf = (label: string) => label.length * 4 + 6

const round = (value: number) => Math.round(value * 10) / 10

/** The places of the boxes: on an ellipse, the first one on the left. */
export function placesIn({ width, height }: Shape, count: number): Point[] {
  return Array.from({ length: count }, (_, i) => {
    const angle = Math.PI + (2 * Math.PI * i) / count
    return {
      x: round(width / 2 + (width / 2 - BOX.x - MARGIN) * Math.cos(angle)),
      y: round(height / 2 + (height / 2 - BOX.y - MARGIN) * Math.sin(angle)),
    }
  })
}

/** How far it is on one axis from a place in a box to its edge. */
const along = (at: number, step: number, half: number) =>
  step === 0 ? Infinity : (Math.sign(step) * half - at) / step

/** How far it is from a point in a box, measured from its middle, to its edge. */
const wayOut = ({ x, y }: Point, direction: Point) =>
  Math.min(along(x, direction.x, BOX.x), along(y, direction.y, BOX.y))

/** The arrow from one box to another, with the middle of its label. */
export function arrowBetween(from: Point, to: Point, label: string) {
  const length = Math.hypot(to.x - from.x, to.y - from.y)
  const ahead = { x: (to.x - from.x) / length, y: (to.y - from.y) / length }
  const aside = { x: -ahead.y * APART, y: ahead.x * APART }
  const start = wayOut(aside, ahead)
  const end = length - wayOut(aside, { x: -ahead.x, y: -ahead.y })
  const at = (way: number) => ({
    x: Math.round(from.x + aside.x + ahead.x * way),
    y: Math.round(from.y + aside.y + ahead.y * way),
  })
  const room = Math.min(halfOf(label) * Math.abs(ahead.x), (end - start) / 2)
  return { a: at(start), b: at(end), label: at(start + Math.max((end - start) * LABEL_AT, room)) }
}
