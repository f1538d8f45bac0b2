import { openKafka, openLog, run } from '@chorus/chassis'
import { topology } from '@chorus/contracts'
import { constants, setPriority } from 'node:os'
import { loadConfig } from './config.js'
import { openLocal } from './local.js'
import { tracker } from './service.js'
import { openSystem } from './system.js'

// Whoever watches comes after those who work.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
const config = loadConfig()
const { KAFKA_BROKERS, JWT_ISSUER: issuer, JWT_AUDIENCE: audience, JWKS_URL: jwksUrl, LOCAL_HOME } = config
const kafka = openKafka(KAFKA_BROKERS.split(','), 'tracker-system', openLog('tracker', 'error'))
const urls = JSON.parse(config.SERVICE_URLS) as Record<string, string>
const { CONNECT_URL: connectUrl, GATEWAY_URL: gatewayUrl } = config
await run(
  tracker({
    topology,
    system: openSystem({ kafka, urls, connectUrl, topology }),
    local:
      LOCAL_HOME === undefined
        ? undefined
        : openLocal({ home: LOCAL_HOME, kafka, issuer, audience, jwksUrl }),
    shop: { urls, gatewayUrl },
  }),
  config,
)
