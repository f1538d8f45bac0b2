import { topology } from '@chorus/contracts'
import { expect } from 'chai'
import { arrowBetween, halfOf, placesIn, SHAPES, type Point } from './system-drawing.js'

const LABEL = '12.3/s, lag 45'
/** As it is drawn: half its width and height. */
const BOX = { x: 102, y: 54 }
const LABEL_HALF_HEIGHT = 11

const meets = (label: Point, box: Point) =>
  Math.abs(label.x - box.x) < BOX.x + halfOf(LABEL) && Math.abs(label.y - box.y) < BOX.y + LABEL_HALF_HEIGHT

describe('the drawing of the system', () => {
  for (const shape of SHAPES)
    it(`${shape.name}, has every box and label whole, and none upon another`, () => {
      const places = placesIn(shape, topology.services.length)
      const pairs = places.flatMap((from) => places.flatMap((to) => (from === to ? [] : [{ from, to }])))
      const labels = pairs.map(({ from, to }) => arrowBetween(from, to, LABEL).label)
      for (const { x, y } of places) {
        expect([x - BOX.x, y - BOX.y].every((edge) => edge >= 0)).to.equal(true)
        expect([x + BOX.x <= shape.width, y + BOX.y <= shape.height]).to.eql([true, true])
      }
      expect(labels.filter((label) => places.some((place) => meets(label, place)))).to.eql([])
    })
})
