import { messageOf, type RunFile } from '@chorus/stack'
import { businessChecks } from './business.js'
import { canaryChecks } from './canary.js'
import { captureChecks } from './capture.js'
import { logChecks } from './log.js'
import { openPatient, type Check, type Known, type Patient, type Trouble } from './patient.js'
import { processChecks } from './processes.js'
import { topicChecks } from './topics.js'
import { versionChecks } from './versions.js'

/** What one check found. */
export interface Diagnosis {
  check: string
  troubles: Trouble[]
}

const checks: readonly Check[] = [
  ...processChecks,
  ...versionChecks,
  ...captureChecks,
  ...canaryChecks,
  ...logChecks,
  ...topicChecks,
  ...businessChecks,
]

/** A part that cannot be asked is in trouble too. */
const lookAt = ({ name, look }: Check, patient: Patient): Promise<Diagnosis> =>
  look(patient).then(
    (troubles) => ({ check: name, troubles }),
    (error: unknown) => ({
      check: name,
      troubles: [
        {
          part: 'unknown',
          what: `it could not be looked at: ${messageOf(error)}`,
          mend: 'npx chorus status',
        },
      ],
    }),
  )

/**
 * Looks for every known way to be quietly broken. Nothing is changed.
 * @param known what is known better than the machine says: its clock, how much disk is enough, how patient to be
 * @throws Error when Kafka cannot be reached
 */
export async function examine(run: RunFile, known: Partial<Known> = {}): Promise<Diagnosis[]> {
  const patient = await openPatient(run)
  try {
    return await Promise.all(checks.map((check) => lookAt(check, { ...patient, ...known })))
  } finally {
    await patient.close()
  }
}
