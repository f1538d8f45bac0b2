/** What operators do to services that run: for the `chorus` command and the console, which share it. */
export {
  DeadLetters,
  placeOf,
  type Ask,
  type Choice,
  type Letter,
  type Letters,
  type Place,
} from './operate/letters.js'
export {
  committedOf,
  groupOf,
  least,
  moveGroup,
  movesBack,
  setBack,
  untilEmpty,
  type ConsumerGroup,
  type Move,
} from './operate/group.js'
export { planReplay, runReplay, type Plan, type Wanted } from './operate/replay.js'
export { publishedColumns, publishing, publishingAnew } from './publication.js'
export { totalsOf, type Counted, type Stretch, type Totals } from './operate/tally.js'
export { fromIn, readMessages, withAdmin, type From, type Take } from './operate/topic-reader.js'
