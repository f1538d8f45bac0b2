import { contracts as allContracts, type EventContract, type Topology } from '@chorus/contracts'
import { conditionsOf, emits, needsOf, hears, type Service } from './service.js'

type Described = Pick<Service, 'name' | 'evolve' | 'reactions' | 'projections' | 'effects' | 'flow'>

/** What the services declare of themselves, as data: for those who may not import a service. */
export const topologyOf = (services: readonly Described[]): Topology => ({
  services: services.map((service) => ({
    name: service.name,
    emits: emits(service).toSorted(),
    hears: needsOf(service) as Record<string, string[]>,
    only: conditionsOf(service) as Topology['services'][number]['only'],
    duties: (service.flow?.duties ?? []) as Topology['services'][number]['duties'],
    undoes: service.flow?.undoes ?? {},
    refusals: service.flow?.refusals ?? [],
    ends: service.flow?.ends ?? {},
    effects: (service.effects ?? []).map(({ name }) => name),
  })),
})

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
