import type { Service } from '@chorus/chassis'
import { coupon } from '@chorus/coupon'
import { order } from '@chorus/order'
import { payment } from '@chorus/payment'
import { topology } from '@chorus/contracts'
import { product } from '@chorus/product'
import { tracker } from '@chorus/tracker'

const absent = () => Promise.reject(new Error('there is nobody to ask: the service is only described'))

/** Every service as a value, to be described: nothing runs. */
export const describedServices = [
  order({ deadlineSeconds: 300 }),
  coupon,
  product,
  payment({ charge: absent, find: absent, cancel: absent }),
  tracker({
    topology,
    system: { look: absent, behind: absent, setAside: absent },
    shop: { urls: {}, gatewayUrl: undefined },
  }),
] as unknown as readonly Service[]
