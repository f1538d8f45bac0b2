import { canonical } from '../schema.js'
import { breaks, passes, inItems, used, cancelled, type Kind } from './kind.js'
import { schema, withField } from './planting.js'

/** What a field may hold. */
export const ofValues: readonly Kind[] = [
  breaks(
    'narrow a range',
    'range narrowed',
    ['order'],
    withField(used, 'discount', (old) => ({ ...old, minimum: 1 })),
  ),
  breaks(
    'shorten a list',
    'range narrowed',
    ['product'],
    withField(used, 'items', (old) => ({ ...old, maxItems: 9 })),
  ),
  breaks(
    'widen a range that is read',
    'range widened',
    ['order'],
    withField(used, 'discount', (old) => ({ ...old, minimum: -9 })),
  ),
  passes(
    'widen a range that nobody reads',
    withField(used, 'userId', (old) => ({ ...old, maxLength: 200 })),
  ),
  breaks(
    'take a value from an enum',
    'values taken away',
    ['coupon'],
    withField(cancelled, 'reason', (old) => ({ ...old, enum: ['USER'] })),
  ),
  breaks(
    'add a value to an enum that is read',
    'values added',
    ['coupon'],
    withField(cancelled, 'reason', (old) => ({ ...old, enum: [...(old['enum'] as string[]), 'FRAUD'] })),
  ),
  passes(
    'add a value to an enum that nobody reads',
    withField('CouponCreated', 'type', (old) => ({ ...old, enum: [...(old['enum'] as string[]), 'GIFT'] })),
  ),
  breaks(
    'change a pattern',
    'pattern changed',
    ['product'],
    withField(used, 'currency', (old) => ({ ...old, pattern: '^[A-Z]{3,4}$' })),
  ),
  breaks(
    'change a format',
    'format changed',
    ['product'],
    withField(
      used,
      'items',
      inItems((element) => ({
        ...element,
        properties: { ...element.properties, productId: { type: 'string', format: 'uri' } },
      })),
    ),
  ),
  passes(
    'change a title or a description',
    schema(used, (old) => canonical({ ...old, title: 'Another', description: 'Other words.' })),
  ),
]
