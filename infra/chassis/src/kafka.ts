import { Kafka, logLevel, type logCreator } from 'kafkajs'
import { cureKafkajs, socketFactory } from './kafkajs-cures.js'
import type { Log } from './log.js'

const LEVELS: Partial<Record<logLevel, 'error' | 'warn' | 'debug'>> = {
  [logLevel.ERROR]: 'error',
  [logLevel.WARN]: 'warn',
}

const logTo =
  (log: Log): logCreator =>
  () =>
  ({ level, log: { message, error } }) =>
    log[LEVELS[level] ?? 'debug']({ kafka: error as unknown }, message)

/**
 * Opens a Kafka client with the cures that kafkajs needs; every client in the house comes from here.
 * @param brokers host:port list @param log gets the client's warnings and errors
 */
export function openKafka(brokers: readonly string[], clientId: string, log: Log): Kafka {
  cureKafkajs()
  return new Kafka({
    clientId,
    brokers: [...brokers],
    socketFactory,
    logLevel: logLevel.WARN,
    logCreator: logTo(log),
    connectionTimeout: 3000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 100, maxRetryTime: 2000, retries: 10 },
  })
}
