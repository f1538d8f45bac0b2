import { breaks, passes, used, cancelled, type Kind } from './kind.js'
import { all, alsoEvent, examplesOf, schema, withField, withRequired, without } from './planting.js'

/** Golden examples, kept for ever. */
export const ofExamples: readonly Kind[] = [
  breaks(
    'edit a golden example',
    'example edited',
    [],
    examplesOf(used, (old) => ({
      ...old,
      plain: { ...old['plain']!, data: { ...(old['plain']!.data as object), discount: 7 } },
    })),
  ),
  breaks(
    'delete a golden example',
    'example deleted',
    [],
    examplesOf(used, () => ({})),
  ),
  breaks(
    'add an event without a golden example',
    'example missing',
    [],
    alsoEvent(used, { type: 'CouponLent', version: 1, examples: false }),
  ),
  breaks(
    'add a golden example that is no such event',
    'example invalid',
    [],
    examplesOf(used, (old) => ({ ...old, odd: { ...old['plain']!, key: 'another' } })),
  ),
  passes(
    'add a golden example',
    examplesOf(used, (old) => ({ ...old, again: old['plain']! })),
  ),
]

/** The headers, which every consumer reads. */
export const ofHeaders: readonly Kind[] = [
  breaks(
    'remove a header',
    'field removed',
    ['order'],
    schema('Headers', (old) => without(old, 'ce_time')),
  ),
  breaks('make a header optional', 'field made optional', [], withRequired('Headers', 'traceparent', false)),
  breaks(
    'change the form of a header',
    'format changed',
    ['order'],
    withField('Headers', 'ce_id', () => ({ type: 'string' })),
  ),
  passes(
    'add an optional header',
    withField('Headers', 'ce_mood', () => ({ type: 'string' })),
  ),
]

/** What only an older revision than the last one forbids. */
export const ofHistory: readonly Kind[] = [
  breaks(
    'bring a field back with another type',
    'type changed',
    ['coupon'],
    all(
      withField(cancelled, 'userCouponId', () => ({ type: 'integer' })),
      (contracts) => ({
        ...contracts,
        history: contracts.history.map((one) =>
          one.type === cancelled
            ? { ...one, revisions: [...one.revisions, without(one.revisions[0]!, 'userCouponId')] }
            : one,
        ),
      }),
    ),
  ),
]
