import { addressesOf, databaseUrlOf, type RunFile } from '@chorus/stack'
import type { Addresses } from './audit.js'

/** Where the auditor finds the parts of a stack that runs on this machine. */
export const auditAddresses = (run: RunFile): Addresses => ({
  databases: Object.fromEntries(run.services.map((service) => [service, databaseUrlOf(run, service)])),
  broker: `127.0.0.1:${run.ports['kafka']}`,
  gatewayUrl: addressesOf(run)['gateway'] ?? '',
})
