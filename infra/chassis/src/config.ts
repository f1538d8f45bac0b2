import { envSchema } from 'env-schema'

/** What every service must be told. */
export interface ServiceConfig {
  HOST: string
  PORT: number
  /** Runtime role: reads and writes rows, adds to the outbox. */
  DATABASE_URL: string
  /** Owner role; without it the schema must be migrated by other means. */
  MIGRATION_DATABASE_URL?: string
  /** host:port list, separated by commas. */
  KAFKA_BROKERS: string
  JWKS_URL: string
  JWT_ISSUER: string
  JWT_AUDIENCE: string
  LOG_LEVEL: string
  /** Inputs in one transaction, at most. */
  BATCH_LIMIT: number
  /** How long a member of the consumer group that was killed keeps its partitions from others, ms. */
  CONSUMER_SESSION_MS: number
  /** Days that an outbox row is kept at least: for so long it can be sent again. */
  OUTBOX_RETENTION_DAYS: number
  /** Days that the inbox knows an id; at least as many as any outbox and any replay may bring it back. */
  INBOX_RETENTION_DAYS: number
  /** How often a canary is sent, s; rules and `doctor` count on one at least every 10 s. */
  CANARY_SECONDS: number
  /** Base address of a receiver of traces (OTLP over HTTP); without one there are none. */
  OTEL_EXPORTER_OTLP_ENDPOINT?: string
}

const text = { type: 'string', minLength: 1 } as const
const common = {
  HOST: { ...text, default: '127.0.0.1' },
  PORT: { type: 'integer', minimum: 0, maximum: 65535 },
  DATABASE_URL: text,
  MIGRATION_DATABASE_URL: text,
  KAFKA_BROKERS: text,
  JWKS_URL: text,
  JWT_ISSUER: text,
  JWT_AUDIENCE: text,
  LOG_LEVEL: {
    type: 'string',
    enum: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    default: 'info',
  },
  BATCH_LIMIT: { type: 'integer', minimum: 1, maximum: 5000, default: 500 },
  CONSUMER_SESSION_MS: { type: 'integer', minimum: 1000, maximum: 60_000, default: 4000 },
  OUTBOX_RETENTION_DAYS: { type: 'integer', minimum: 1, maximum: 36_500, default: 7 },
  INBOX_RETENTION_DAYS: { type: 'integer', minimum: 1, maximum: 36_500, default: 365 },
  CANARY_SECONDS: { type: 'integer', minimum: 1, maximum: 10, default: 10 },
  OTEL_EXPORTER_OTLP_ENDPOINT: { type: 'string', pattern: '^https?://' },
}
const required = ['PORT', 'DATABASE_URL', 'KAFKA_BROKERS', 'JWKS_URL', 'JWT_ISSUER', 'JWT_AUDIENCE']

/**
 * Reads a service's configuration from the environment.
 * @param own JSON Schema properties of what this service needs besides
 * @throws Error that names each variable that is missing or wrong
 */
export const readConfig = <Own extends object = object>(
  own: Record<string, object> = {},
  ownRequired: readonly string[] = [],
): ServiceConfig & Own => {
  const config = envSchema<ServiceConfig & Own>({
    schema: {
      type: 'object',
      required: [...required, ...ownRequired],
      properties: { ...common, ...own },
    } as never,
    data: process.env,
    dotenv: false,
  })
  if (config.INBOX_RETENTION_DAYS < config.OUTBOX_RETENTION_DAYS)
    throw new Error(
      'INBOX_RETENTION_DAYS must not be below OUTBOX_RETENTION_DAYS: what is sent again must be known',
    )
  return config
}
