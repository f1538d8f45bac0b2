/** One change of a text. */
export interface Edit {
  /** Built file, from the repository's root. */
  file: string
  from: string
  to: string
}

/** A fault of the code that the auditor must see. */
export interface Mutation {
  fault: string
  /** Whose process has it. */
  service: string
  edits: readonly Edit[]
  /** The invariants that it must break, at least. */
  breaks: readonly number[]
  /** What else goes wrong meanwhile, because the fault shows only then. */
  with?: 'kills' | 'time-outs'
}

/** Makes changes to a text. @throws Error when what is to be changed is not there, or is there twice */
export function edited(text: string, edits: readonly Edit[]): string {
  return edits.reduce((before, { file, from, to }) => {
    const parts = before.split(from)
    if (parts.length !== 2)
      throw new Error(`${file} has ${parts.length - 1} times "${from}": mend the list of mutations`)
    return parts.join(to)
  }, text)
}

/** A change in the chassis. */
export const chassis = (name: string, from: string, to: string): Edit => ({
  file: `infra/chassis/dist/${name}.js`,
  from,
  to,
})
/** A change in a service. */
export const inService = (service: string, name: string, from: string, to: string): Edit => ({
  file: `services/${service}/dist/${name}.js`,
  from,
  to,
})
