import { problems } from '@chorus/contracts'
import { answerSchema } from '../schemas.js'

/** An RFC 9457 problem document, as `sendProblem` makes it. */
export const problemSchema = answerSchema('Problem', {
  type: { type: 'string', description: 'Where the problem is explained.', examples: ['/problems/NOT_FOUND'] },
  title: { type: 'string', description: 'The same for every problem with this code.' },
  status: { type: 'integer', minimum: 400, maximum: 599 },
  code: { type: 'string', enum: Object.keys(problems), description: 'Stable: never renamed.' },
  detail: { type: 'string', description: 'What exactly is wrong with this request.' },
  remedy: { type: 'string', description: 'What to do about it.' },
  instance: { type: 'string', description: 'The address that was asked.' },
  requestId: { type: 'string', description: 'As in X-Request-Id; the service logs it.' },
})
