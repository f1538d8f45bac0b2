import type { Admin, Kafka } from 'kafkajs'
import { setTimeout as pause } from 'node:timers/promises'

/** A page must not wait for a broker that hangs. */
const PATIENCE_MS = 1000

async function connect(kafka: Kafka): Promise<Admin> {
  const admin = kafka.admin({ retry: { retries: 0 } })
  await admin.connect()
  return admin
}

/** Whom to ask about topics and groups: connected on first use, and anew after an error. */
export class Broker {
  private admin: Promise<Admin> | undefined

  constructor(private readonly kafka: Kafka) {}

  /** @throws Error when it does not answer in time */
  async ask<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    this.admin ??= connect(this.kafka)
    const { admin } = this
    try {
      const late = pause(PATIENCE_MS, undefined, { ref: false }).then(() => {
        throw new Error('the broker does not answer')
      })
      return await Promise.race([admin.then(work), late])
    } catch (error) {
      this.admin = undefined
      void admin.then((one) => one.disconnect()).catch(() => {})
      throw error
    }
  }
}
