import { chassisMutations } from './chassis-mutations.js'
import { ruleMutations } from './rule-mutations.js'

/** Every fault of the code that the auditor is held to. */
export const mutations = [...chassisMutations, ...ruleMutations]
