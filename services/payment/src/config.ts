import { readConfig, type ServiceConfig } from '@chorus/chassis'

interface PaymentConfig {
  /** Base address of the payment gateway; `function:` for one that is a function in this process (benches only). */
  GATEWAY_URL: string
  /** How long one call to it may take, ms. */
  GATEWAY_TIMEOUT_MS: number
}

/** @throws Error that names each variable that is missing or wrong */
export const loadConfig = (): ServiceConfig & PaymentConfig =>
  readConfig<PaymentConfig>(
    {
      GATEWAY_URL: { type: 'string', pattern: '^(https?://|function:$)' },
      GATEWAY_TIMEOUT_MS: { type: 'integer', minimum: 10, maximum: 60_000, default: 3000 },
    },
    ['GATEWAY_URL'],
  )
