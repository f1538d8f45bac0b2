import validators from '../generated/validators.cjs'
import { contractOf, type EventType } from './contracts.js'

/** `strict`: what a producer must keep to, no unknown fields. `open`: what a consumer accepts. */
export type Strictness = 'strict' | 'open'

interface Validator {
  (data: unknown): boolean
  errors?: { instancePath: string; message?: string; params: object }[] | null
}

/**
 * Checks the data of an event against its contract.
 * @param version the newest one, unless told otherwise
 * @returns undefined when it is valid, else one sentence that names the place and the rule (no values).
 */
export function violationsOf(
  type: EventType,
  data: unknown,
  strictness: Strictness,
  version: number = contractOf(type).version,
): string | undefined {
  const validate = validators[`${strictness}${type}V${version}`] as Validator
  if (validate(data)) return undefined
  return (validate.errors ?? [])
    .map(
      ({ instancePath, message, params }) =>
        `${type}${instancePath} ${message ?? 'is invalid'}${'additionalProperty' in params ? ` (${String(params.additionalProperty)})` : ''}`,
    )
    .join('; ')
}
