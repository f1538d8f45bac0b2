import type { EventType } from '@chorus/contracts'

/** When an event is a rule's business: if its data have this field, or if they have not. */
export type Condition = { readonly when: string } | { readonly unless: string }

/**
 * By event type, the condition under which a rule hears it. What does not meet it is passed over as if it were not
 * heard: it costs no transaction, and the inbox does not know of it.
 */
export type Conditions = { readonly [E in EventType]?: Condition }

/** Whether data meet a condition; all meet none. */
export function isMet(condition: Condition | undefined, data: unknown): boolean {
  if (condition === undefined || data === null || typeof data !== 'object') return true
  return 'when' in condition ? condition.when in data : !(condition.unless in data)
}
