import { readConfig, type ServiceConfig } from '@chorus/chassis'

interface OrderConfig {
  /** How long an order may stay open, seconds; then it is cancelled and undone. */
  ORDER_DEADLINE_SECONDS: number
}

/** @throws Error that names each variable that is missing or wrong */
export const loadConfig = (): ServiceConfig & OrderConfig =>
  readConfig<OrderConfig>({
    ORDER_DEADLINE_SECONDS: { type: 'integer', minimum: 1, maximum: 86_400, default: 300 },
  })
