import { breaks, passes, inItems, used, cancelled, type Kind } from './kind.js'
import { all, schema, withField, withRequired, without } from './planting.js'
import type { Schema } from '../schema.js'

const integer = (): Schema => ({ type: 'integer' })

/** Fields that come, go and change. */
export const ofFields: readonly Kind[] = [
  breaks(
    'remove a field that is read',
    'field removed',
    ['order'],
    schema(used, (old) => without(old, 'discount')),
  ),
  breaks(
    'remove a field that nobody reads',
    'field removed',
    [],
    schema(used, (old) => without(old, 'couponId')),
  ),
  breaks(
    'remove an optional field that is read',
    'field removed',
    ['coupon'],
    schema(cancelled, (old) => without(old, 'userCouponId')),
  ),
  breaks(
    'remove a field within a list',
    'field removed',
    ['product'],
    withField(
      used,
      'items',
      inItems((element) => without(element, 'quantity')),
    ),
  ),
  breaks(
    'rename a field',
    'field renamed',
    ['order'],
    schema(used, (old) => {
      const properties = { ...without(old, 'discount').properties, rebate: old.properties!['discount']! }
      const required = old.required!.map((name) => (name === 'discount' ? 'rebate' : name))
      return { ...old, properties, required }
    }),
  ),
  breaks(
    'change the type of a field',
    'type changed',
    ['order'],
    withField(used, 'discount', () => ({ type: 'string' })),
  ),
  breaks(
    'make a required field optional',
    'field made optional',
    ['order'],
    withRequired(used, 'discount', false),
  ),
  breaks(
    'make an optional field required',
    'field made required',
    ['coupon'],
    withRequired(cancelled, 'userCouponId', true),
  ),
  breaks(
    'add a required field',
    'required field added',
    [],
    all(withField(used, 'points', integer), withRequired(used, 'points', true)),
  ),
  passes('add an optional field', withField(used, 'points', integer)),
]
