import { emits, hears, topologyOf } from '@chorus/chassis'
import { describedServices } from '../services.js'

/** Who takes part: a service that neither emits nor hears is no part of the choreography. */
const talking = describedServices.filter((service) => emits(service).length + hears(service).length > 0)

/** What contracts/topology.json has to say today. */
export const topologyText = (): string => `${JSON.stringify(topologyOf(talking), null, 2)}\n`
