import { run } from '@chorus/chassis'
import { loadConfig } from './config.js'
import { functionGateway, httpGateway } from './gateway.js'
import { payment } from './service.js'

const config = loadConfig()
const { GATEWAY_URL: url, GATEWAY_TIMEOUT_MS: timeoutMs } = config
await run(payment(url === 'function:' ? functionGateway() : httpGateway(url, timeoutMs)), config)
