import { readConfig, run } from '@chorus/chassis'
import { product } from './service.js'

await run(product, readConfig())
