import { run } from '@chorus/chassis'
import { loadConfig } from './config.js'
import { httpGateway } from './gateway.js'
import { payment } from './service.js'

const config = loadConfig()
await run(payment(httpGateway(config.GATEWAY_URL, config.GATEWAY_TIMEOUT_MS)), config)
