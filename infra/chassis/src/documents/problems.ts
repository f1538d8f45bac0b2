import { problems, type ProblemCode, type ProblemKind } from '@chorus/contracts'

/** An entry of the catalogue of problems, with its address. */
export interface ExplainedProblem extends ProblemKind {
  type: string
  code: ProblemCode
}

/** Where a problem is explained: the `type` of its documents. */
export const typeOf = (code: ProblemCode) => `/problems/${code}`

/** The whole catalogue. */
export const explainedProblems: readonly ExplainedProblem[] = (
  Object.entries(problems) as [ProblemCode, ProblemKind][]
).map(([code, kind]) => ({ type: typeOf(code), code, ...kind }))
