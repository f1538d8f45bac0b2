/**
 * Loaded into every service of a throwaway stack before its own code (`--import`): what the plan names for this service
 * is changed as it is loaded. The files on the disk stay as they are.
 */
import { existsSync, readFileSync } from 'node:fs'
import { register } from 'node:module'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Edit } from './mutation.js'

/** What is changed in which service: the file that the plan is read from whenever a service starts. */
export interface Plan {
  service: string
  edits: readonly Edit[]
}

const planFile = fileURLToPath(new URL(new URL(import.meta.url).searchParams.get('plan')!))
const service = basename(dirname(dirname(process.argv[1]!)))
const plan = existsSync(planFile) ? (JSON.parse(readFileSync(planFile, 'utf8')) as Plan) : undefined
if (plan?.service === service) register('./hooks.js', import.meta.url, { data: plan.edits })
