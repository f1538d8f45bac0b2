import { placeOf, type Letter, type Letters } from '@chorus/chassis/operate'
import { isOfFlow } from '../flow/index.js'

/** What to do about each reason; docs/operate.md says more. */
const REMEDIES: Record<string, string> = {
  NOT_AN_EVENT: 'find out who sent it; drop it',
  DATA_INVALID: 'mend the producer or the service, then release it',
  RULE_FAILED: 'mend the service, then release it',
  DATABASE_REFUSED: 'mend the data or the service, then release it',
  PREMATURE: 'release it once its cause is there',
  ENDS_THE_PROCESS: 'mend the service, then release it',
  KEY_PARKED: 'nothing: it goes on by itself when the dead letter of its key is gone',
}

const moment = (iso: string) => ({
  iso,
  ms: Date.parse(iso),
  text: iso.replace('T', ' ').replace(/\.\d+Z$/, ' UTC'),
})

/** A letter as pages show it. */
export const letterView = (service: string, letter: Letter) => ({
  ...letter,
  service,
  name: letter.type ?? 'a message',
  place: placeOf(letter),
  address: `/dead-letters/${service}/${placeOf(letter)}`,
  flow: letter.key !== null && isOfFlow(letter.type ?? '') ? `/flows/${letter.key}` : undefined,
  first: moment(letter.firstAt),
  last: moment(letter.lastAt),
  remedy: REMEDIES[letter.reason],
})

export type LetterView = ReturnType<typeof letterView>

/** What a service has set aside, or why that is not known. */
export type Answer = Letters | { service: string; trouble: string }

const isKnown = (answer: Answer): answer is Letters => 'items' in answer

/** What the list of dead letters shows. */
export function lettersView(answers: readonly Answer[]) {
  const known = answers.filter(isKnown)
  const sum = (what: 'dead' | 'waiting' | 'keys') => known.reduce((total, one) => total + one[what], 0)
  return {
    dead: sum('dead'),
    waiting: sum('waiting'),
    keys: sum('keys'),
    unknown: answers.filter((answer) => !isKnown(answer)),
    services: known
      .filter(({ dead, waiting }) => dead + waiting > 0)
      .map(({ items, ...counts }) => ({
        ...counts,
        items: items.map((letter) => letterView(counts.service, letter)),
      })),
  }
}

const pretty = (text: string) => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

/** One letter with everything that is known of it, and what waits behind it. */
export const letterPage = (letter: LetterView, behind: readonly LetterView[]) => ({
  letter,
  headers: Object.entries(letter.headers ?? {}),
  content: typeof letter.payload === 'string' ? pretty(letter.payload) : undefined,
  behind,
})
