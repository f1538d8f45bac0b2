import { openKafka, openLog } from '@chorus/chassis'
import type { RunFile } from '@chorus/stack'
import type { Kafka } from 'kafkajs'

/**
 * A client of a run's broker, without a connection yet, that logs nothing.
 * @param clientId how the broker's own log is to name it
 */
export const kafkaOf = ({ ports }: Pick<RunFile, 'ports'>, clientId: string): Kafka =>
  openKafka([`127.0.0.1:${ports.kafka}`], clientId, openLog('chorus', 'silent'))
