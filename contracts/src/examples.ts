import generated from '../generated/examples.cjs'

/** An event as it really was. */
export interface GoldenExample {
  readonly headers: Readonly<Record<string, string>>
  readonly key: string
  readonly data: Readonly<Record<string, unknown>>
}

/** Every golden example of every version. */
export const goldenExamples = generated as readonly GoldenExample[]
