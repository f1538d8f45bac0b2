import { readConfig, type ServiceConfig } from '@chorus/chassis'

interface TrackerConfig {
  /** Addresses of the services by name, as JSON: whether they answer is asked there. */
  SERVICE_URLS: string
  /** Kafka Connect's REST interface. */
  CONNECT_URL?: string
  /** The sandbox gateway, whose faults can be switched. */
  GATEWAY_URL?: string
  /** Folder of a stack that runs on this machine: whoever can read it may sign in, place orders and kill services. */
  LOCAL_HOME?: string
}

const address = { type: 'string', minLength: 1 }

/** @throws Error that names each variable that is missing or wrong */
export const loadConfig = (): ServiceConfig & TrackerConfig =>
  readConfig<TrackerConfig>({
    SERVICE_URLS: { type: 'string', default: '{}' },
    CONNECT_URL: address,
    GATEWAY_URL: address,
    LOCAL_HOME: address,
  })
