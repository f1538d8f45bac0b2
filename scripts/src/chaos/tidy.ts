import { placeOf } from '@chorus/chassis/operate'
import type { RunFile } from '@chorus/stack'
import { MOST_IDS, type Finding } from '../audit/finding.js'
import { lettersOf } from '../letter-commands/letters.js'
import type { Meddled } from './meddler.js'

/** Letters of a service that are looked at in one go. */
const PAGE = 500

/** Looks after everything that was set aside, as an operator would: drops the poison, lets the rest go. */
export class Tidier {
  /** By letter, all that was ever set aside. */
  private readonly seen = new Map<string, { key: string; reason: string }>()
  private readonly poisoned: ReadonlySet<string>

  constructor(
    private readonly run: RunFile,
    private readonly meddled: Meddled,
  ) {
    this.poisoned = new Set(meddled.poisoned)
  }

  /** Looks once. A service that does not answer is left to the next time. @returns true when nothing was set aside */
  async round(): Promise<boolean> {
    const looks = await Promise.allSettled(this.run.services.map((service) => this.tidy(service)))
    return looks.every((look) => look.status === 'fulfilled' && look.value === 0)
  }

  /** Whether only messages of poisoned keys were set aside. */
  finding(): Finding {
    const parked = new Set(this.meddled.keys)
    const strays = [...this.seen].filter(([, { key }]) => !parked.has(key))
    return {
      invariant: 16,
      what: 'only messages of poisoned keys were set aside',
      looked: this.seen.size,
      broken: strays.length,
      ids: strays.slice(0, MOST_IDS).map(([letter, { key, reason }]) => `${letter} ${reason} of ${key}`),
    }
  }

  /** @returns how many letters there were */
  private async tidy(service: string): Promise<number> {
    const letters = await lettersOf(this.run, service)
    const items = (await letters.find({}, PAGE)).flatMap((one) => one.items)
    for (const letter of items) {
      const { topic, partition, offset, key, state, reason, eventId, released } = letter
      this.seen.set(`${service} ${placeOf(letter)}`, { key: key ?? '', reason })
      const place = { topic, partition, offset }
      if (state === 'WAITING') continue
      if (this.poisoned.has(eventId ?? '')) await letters.drop(place, 'poison that chaos has sent')
      else if (!released) await letters.release(place)
    }
    return items.length
  }
}
