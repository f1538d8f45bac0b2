/** What a service says of itself in `/metrics`; what it does not say is left out. */
export interface Measured {
  /** What is set aside: messages that are dead, those that wait behind them, and their keys. */
  letters?: { dead: number; waiting: number; keys: number }
  /** For how long events may have waited to be read from the outbox, at least. */
  outboxAgeSeconds?: number
  /** Log that the reader of the outbox has not confirmed. */
  slotLagBytes?: number
  /** Since the last canary was sent that came back to it. */
  canaryAgeSeconds?: number
  /** Events that it emitted since its process began, by type. */
  emitted: Record<string, number>
}

const SAMPLE = /^(\w+)\{(.*)\} (\S+)$/
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g

interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

/** The samples of Prometheus' text; every one of ours has labels. */
const samplesIn = (text: string): Sample[] =>
  text.split('\n').flatMap((line) => {
    const [, name, labels, value] = SAMPLE.exec(line) ?? []
    if (name === undefined) return []
    const pairs = [...labels!.matchAll(LABEL)].map(([, key, one]): [string, string] => [key!, one!])
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }]
  })

/** Reads what concerns the console. @param text as `/metrics` answers */
export function measuredIn(text: string): Measured {
  const samples = samplesIn(text)
  const one = (name: string, state?: string) =>
    samples.find((sample) => sample.name === name && sample.labels.state === state)?.value
  const dead = one('chorus_dead_letters', 'DEAD')
  const waiting = one('chorus_dead_letters', 'WAITING')
  const keys = one('chorus_parked_keys')
  const outboxAgeSeconds = one('chorus_outbox_age_seconds')
  const slotLagBytes = one('chorus_slot_lag_bytes')
  const canaryAgeSeconds = one('chorus_canary_age_seconds')
  const emitted = samples.filter(({ name }) => name === 'chorus_events_emitted_total')
  return {
    ...(dead !== undefined && { letters: { dead, waiting: waiting ?? 0, keys: keys ?? 0 } }),
    ...(outboxAgeSeconds !== undefined && { outboxAgeSeconds }),
    ...(slotLagBytes !== undefined && { slotLagBytes }),
    ...(canaryAgeSeconds !== undefined && { canaryAgeSeconds }),
    emitted: Object.fromEntries(emitted.map(({ labels, value }) => [labels.type ?? '', value])),
  }
}
