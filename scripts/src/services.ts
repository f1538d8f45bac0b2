import type { Service } from '@chorus/chassis'
import { coupon } from '@chorus/coupon'
import { order } from '@chorus/order'
import { payment } from '@chorus/payment'
import { product } from '@chorus/product'

const absent = () => Promise.reject(new Error('there is no gateway: the service is only described'))

/** Every service as a value, to be described: nothing runs. */
export const describedServices = [
  order({ deadlineSeconds: 300 }),
  coupon,
  product,
  payment({ charge: absent, find: absent, cancel: absent }),
] as unknown as readonly Service[]
