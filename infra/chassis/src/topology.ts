import { contracts as allContracts, type EventContract } from '@chorus/contracts'
import { emits, hears, type Service } from './service.js'

type Described = Pick<Service, 'name' | 'evolve' | 'reactions' | 'projections'>

/**
 * What does not fit together in a system of services: an event that nobody emits, a reaction to an event that does
 * not exist or that nobody emits, an emitted event without a contract.
 * @returns a sentence for each; empty when all fits
 */
export function orphansOf(
  services: readonly Described[],
  contracts: readonly Pick<EventContract, 'type' | 'producer'>[] = allContracts,
): string[] {
  const known = new Map(contracts.map(({ type, producer }): [string, string] => [type, producer]))
  const emitted = new Set<string>(services.flatMap((service) => emits(service)))
  const unsent = [...known].filter(([type]) => !emitted.has(type))
  return [
    ...unsent.map(([type, producer]) => `${type} has a contract, but ${producer} does not emit it`),
    ...services.flatMap((service) => [
      ...emits(service).flatMap((type) =>
        known.has(type) ? [] : [`${service.name} emits ${type}, which has no contract`],
      ),
      ...hears(service).flatMap((type) => {
        if (!known.has(type)) return [`${service.name} reacts to ${type}, which does not exist`]
        return emitted.has(type) ? [] : [`${service.name} reacts to ${type}, which nobody emits`]
      }),
    ]),
  ]
}
