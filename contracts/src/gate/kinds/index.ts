import type { Kind } from './kind.js'
import { ofEvents } from './of-events.js'
import { ofFields } from './of-fields.js'
import { ofValues } from './of-values.js'
import { ofExamples, ofHeaders, ofHistory } from './of-what-is-kept.js'

/** Every kind of change that the gate is known to judge. */
export const kinds: readonly Kind[] = [
  ...ofFields,
  ...ofValues,
  ...ofEvents,
  ...ofExamples,
  ...ofHeaders,
  ...ofHistory,
]
