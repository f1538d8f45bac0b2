import { readConfig, run } from '@chorus/chassis'
import { coupon } from './service.js'

await run(coupon, readConfig())
