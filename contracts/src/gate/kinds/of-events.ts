import { breaks, passes, used, cancelled, type Kind } from './kind.js'
import { all, alsoEvent, contract, reading, schema, withoutEvent } from './planting.js'

const agreed = (word: 'key' | 'subject' | 'aggregate', value: string) =>
  schema(cancelled, (old) => ({ ...old, 'x-chorus': { ...old['x-chorus']!, [word]: value } }))

/** Events and versions that come, go and move. */
export const ofEvents: readonly Kind[] = [
  breaks('change the key', 'key changed', ['coupon'], agreed('key', 'userId')),
  breaks('change the subject', 'subject changed', ['coupon'], agreed('subject', 'userId')),
  breaks('change the aggregate', 'aggregate changed', ['coupon'], agreed('aggregate', 'basket')),
  breaks(
    'move an event to another topic',
    'topic moved',
    ['order', 'product'],
    contract(used, (old) => ({ ...old, service: 'order' })),
  ),
  breaks('remove an event that is heard', 'event removed', ['order', 'product'], withoutEvent(used)),
  breaks('remove an event that is only on its topic', 'event removed', [], withoutEvent('CouponExpired')),
  passes('add an event', alsoEvent(used, { type: 'CouponLent', version: 1, examples: true })),
  passes('add a version beside the old one', alsoEvent(used, { type: used, version: 2, examples: true })),
  breaks(
    'read a new version without an upcaster for the old one',
    'upcaster missing',
    ['order'],
    all(alsoEvent(used, { type: used, version: 2, examples: true }), reading('order', used, { version: 2 })),
  ),
  breaks(
    'read a new version with an upcaster that forgets a field',
    'upcaster wrong',
    ['order'],
    all(
      alsoEvent(used, { type: used, version: 2, examples: true }),
      reading('order', used, { version: 2 }),
      (contracts) => ({
        ...contracts,
        upcasters: { 'CouponUsed:1': ({ orderId }: { orderId: string }) => ({ orderId }) },
      }),
    ),
  ),
  passes(
    'read a new version with a good upcaster',
    all(
      alsoEvent(used, { type: used, version: 2, examples: true }),
      reading('order', used, { version: 2 }),
      (contracts) => ({ ...contracts, upcasters: { 'CouponUsed:1': (data: object) => data } }),
    ),
  ),
  breaks(
    'declare to read what no event has',
    'need unknown',
    ['order'],
    reading('order', used, { fields: ['mood'] }),
  ),
]
