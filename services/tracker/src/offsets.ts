import type { Admin } from 'kafkajs'

/** The topic of a service. */
export const topicOf = (service: string): string => `${service}.events`

/** The ends of topics, by topic and partition. */
export type Ends = ReadonlyMap<string, ReadonlyMap<number, bigint>>

/** Asks where topics end. */
export async function endsOf(admin: Admin, topics: readonly string[]): Promise<Ends> {
  const ends = await Promise.all(
    topics.map(async (topic): Promise<[string, Map<number, bigint>]> => [
      topic,
      new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, BigInt(high)])),
    ]),
  )
  return new Map(ends)
}

/** How many messages ever were on a topic. */
export const total = (ends: Ends, topic: string): number =>
  Number([...(ends.get(topic)?.values() ?? [])].reduce((sum, high) => sum + high, 0n))

/** How many messages of each topic a group has still to hear. */
export async function lagsOf(
  admin: Admin,
  ends: Ends,
  groupId: string,
  topics: readonly string[],
): Promise<Record<string, number>> {
  const heard = await admin.fetchOffsets({ groupId, topics: [...topics] })
  return Object.fromEntries(
    heard.map(({ topic, partitions }): [string, number] => [
      topic,
      partitions.reduce((sum, { partition, offset }) => {
        const done = BigInt(offset)
        return sum + Math.max(0, Number((ends.get(topic)?.get(partition) ?? 0n) - (done < 0n ? 0n : done)))
      }, 0),
    ]),
  )
}
