import { envSchema } from 'env-schema'

export interface Config {
  HOST: string
  PORT: number
  /** Where the books are kept. */
  LEDGER_FILE: string
}

/** @throws Error that names each variable that is missing or wrong */
export const loadConfig = (): Config =>
  envSchema<Config>({
    schema: {
      type: 'object',
      required: ['PORT', 'LEDGER_FILE'],
      properties: {
        HOST: { type: 'string', default: '127.0.0.1' },
        PORT: { type: 'integer', minimum: 0, maximum: 65535 },
        LEDGER_FILE: { type: 'string', minLength: 1 },
      },
    } as never,
    data: process.env,
    dotenv: false,
  })
