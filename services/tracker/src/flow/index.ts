/** What a flow is, what must still follow in it, and how it is told: pure, for the tracker and `chorus explain`. */
export { expectationsOf, OPEN, stateOf, type Expectation } from './expectations.js'
export { dataOf, flowTopics, isOfFlow, readStep, type PlacedStep } from './read-step.js'
export { fieldOf, type Step } from './step.js'
export { timelineOf, type Hop, type Mark, type Timeline } from './timeline.js'
export { factsOf, whyMissing, type Aside, type Suspect, type Why } from './why.js'
