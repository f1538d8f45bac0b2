/** A message that a service could not handle. */
export interface Aside {
  key: string
  type: string
  reason: string
  detail: string
}

/** What is known of a service that somebody waits for; what is not known is left out. */
export interface Suspect {
  name: string
  /** True when it says that it is ready. */
  answers?: boolean
  /** Messages that it has still to hear. */
  lag?: number
  /** State of its connector's task. */
  task?: string
  /** What it set aside of this very flow, and why. */
  setAside?: Aside
  /** The last error that it logged since it is waited for. */
  lastError?: string
}

/** Why something is still missing, and what to do about it. */
export interface Why {
  because: string
  mend: string
}

const times = (lag: number) => (lag === 1 ? '1 message' : `${lag} messages`)

/** The likeliest reason comes first; the order of the questions is that in which a step can get stuck. */
export function whyMissing({ name, answers, lag, task, setAside, lastError }: Suspect): Why {
  if (setAside) {
    const { key, type, reason, detail } = setAside
    return {
      because: `${name} set ${type} aside (${reason}: ${detail}), and later events of this order wait behind it`,
      mend: `npx chorus dlq list --key ${key}; once the reason is gone: npx chorus dlq release --key ${key}`,
    }
  }
  if (answers === false)
    return {
      because: `${name} does not answer`,
      mend: `npx chorus status, npx chorus logs ${name}; it goes on by itself when it is back`,
    }
  if (task !== undefined && task !== 'RUNNING')
    return {
      because: `what ${name} emits is not delivered: its connector’s task is ${task}`,
      mend: 'npx chorus status, npx chorus logs connect; the launcher starts the task again',
    }
  if (lag !== undefined && lag > 0)
    return {
      because: `${name} has still to hear ${times(lag)}`,
      mend: `wait for it; if the number does not fall: npx chorus logs ${name}`,
    }
  if (lastError !== undefined)
    return { because: `the last error of ${name}: ${lastError}`, mend: `npx chorus logs ${name}` }
  return {
    because: `${name} answers, has heard everything and logged no error: it waits for somebody outside, or tries again`,
    mend: name === 'payment' ? 'look at the payment gateway' : `npx chorus logs ${name}`,
  }
}

/** What was looked at, in a few words. */
export const factsOf = ({ name, answers, lag, task }: Suspect): string =>
  [
    answers === true ? `${name} answers` : undefined,
    lag === undefined ? undefined : `lag ${lag}`,
    task === undefined ? undefined : `connector ${task}`,
  ]
    .filter((fact) => fact !== undefined)
    .join(', ')
