import { run } from '@chorus/chassis'
import { loadConfig } from './config.js'
import { order } from './service.js'

const config = loadConfig()
await run(order({ deadlineSeconds: config.ORDER_DEADLINE_SECONDS }), config)
