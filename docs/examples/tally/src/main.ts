import { readConfig, run } from '@chorus/chassis'
import { tally } from './service.js'

await run(tally, readConfig())
