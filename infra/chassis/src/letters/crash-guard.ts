import type { Pool } from 'pg'
import type { Message } from '../dead-letters.js'
import type { Executor } from '../executor.js'
import { newId } from '../ids.js'
import type { EventInput, InvalidInput } from '../input.js'
import type { Log } from '../log.js'

type Input = EventInput | InvalidInput

/** A stretch of a partition that was begun and not ended when the process did. */
interface Begun {
  topic: string
  partition: number
  first: number
  last: number
}

/** So often a message may be begun alone without coming to an end. */
export const MOST_STARTS = 3
/** After a crash: what ends the process stands right behind the committed offsets, so it comes soon or not at all. */
const CAREFUL_MS = 30_000

/** A message for the dead letters, because the process ended whenever it was handled. */
export const endsTheProcess = (message: Message, times: number): InvalidInput => ({
  kind: 'invalid',
  message,
  reason: 'ENDS_THE_PROCESS',
  detail: `the process ended ${times} times while this message alone was handled`,
})

const offsetOf = ({ message }: Input) => Number(message.offset)

/**
 * Finds the message that ends the process, so that it is set aside like any other that cannot be handled.
 *
 * A process that takes its leave removes its mark from the database; one that finds another's mark follows a crash.
 * Only then, and for half a minute, each batch is noted as begun before it is handled, in a transaction of its own,
 * and its offset is sent to the broker at once. If the process ends again, the stretches that were begun are
 * suspects: their messages are handled alone, one at a time in the whole process, each noted before. The one that
 * was begun alone three times and never ended is it. A process that never crashed pays nothing but the mark.
 *
 * That a healthy message is blamed takes three ends of the process in the few milliseconds in which it is alone.
 */
export class CrashGuard {
  private alone: Promise<unknown> = Promise.resolve()

  private constructor(
    private readonly pool: Pool,
    private readonly executor: Executor,
    private readonly id: string,
    private readonly carefulUntil: number,
    private readonly suspects: readonly Begun[],
  ) {}

  /** Leaves this process's mark and looks for others'. With several processes those of living ones only cost care. */
  static async open(pool: Pool, executor: Executor, log: Log): Promise<CrashGuard> {
    const id = newId()
    const marks = await pool.query<{ n: number }>(
      `WITH others AS (DELETE FROM running_processes RETURNING id), mine AS (INSERT INTO running_processes (id) VALUES ($1))
       SELECT count(*)::int AS n FROM others`,
      [id],
    )
    if (marks.rows[0]!.n === 0) {
      await pool.query('DELETE FROM begun_batches')
      return new CrashGuard(pool, executor, id, 0, [])
    }
    const { rows } = await pool.query<Begun>(
      'SELECT topic, partition, first_offset AS first, last_offset AS last FROM begun_batches',
    )
    log.warn(
      { begun: rows },
      'the process before did not take its leave; the next batches are handled with care',
    )
    return new CrashGuard(pool, executor, id, Date.now() + CAREFUL_MS, rows)
  }

  /** Has the inputs of one partition handled. @returns true when their offset should be sent to the broker at once */
  async take(inputs: readonly Input[]): Promise<boolean> {
    const suspects = inputs.filter((input) => this.isSuspect(input))
    if (suspects.length === 0 && Date.now() >= this.carefulUntil) {
      await this.submit(inputs)
      return false
    }
    let rest = inputs
    for (const suspect of suspects) {
      const place = rest.indexOf(suspect)
      await this.together(rest.slice(0, place))
      await this.byItself(suspect)
      rest = rest.slice(place + 1)
    }
    await this.together(rest)
    return true
  }

  /** Takes the mark away: what follows is no crash. */
  async close(): Promise<void> {
    await this.pool.query('DELETE FROM running_processes WHERE id = $1', [this.id])
  }

  private isSuspect({ message: { topic, partition, offset } }: Input): boolean {
    return this.suspects.some(
      (begun) =>
        begun.topic === topic &&
        begun.partition === partition &&
        begun.first <= Number(offset) &&
        Number(offset) <= begun.last,
    )
  }

  private submit(inputs: readonly Input[]) {
    return Promise.all(inputs.map((input) => this.executor.submit(input)))
  }

  private async together(inputs: readonly Input[]): Promise<void> {
    if (inputs.length === 0) return
    const [first, last] = [inputs[0]!, inputs.at(-1)!]
    await this.begin(first, last)
    await this.submit(inputs)
    await this.end(first, last)
  }

  private byItself(input: Input): Promise<void> {
    const turn = this.alone.then(() => this.judge(input))
    this.alone = turn.catch(() => {})
    return turn
  }

  private async judge(input: Input): Promise<void> {
    const starts = await this.begin(input, input)
    await this.submit([starts > MOST_STARTS ? endsTheProcess(input.message, starts - 1) : input])
    await this.end(input, input)
  }

  /** Durable before anything else is done. @returns how often this same stretch was begun */
  private async begin(first: Input, last: Input): Promise<number> {
    const { topic, partition } = first.message
    const { rows } = await this.pool.query<{ starts: number }>(
      `INSERT INTO begun_batches AS b (topic, partition, first_offset, last_offset) VALUES ($1, $2, $3, $4)
       ON CONFLICT (topic, partition, first_offset) DO UPDATE
         SET starts = CASE b.last_offset WHEN excluded.last_offset THEN b.starts + 1 ELSE 1 END,
             last_offset = excluded.last_offset, begun_at = now()
       RETURNING starts`,
      [topic, partition, offsetOf(first), offsetOf(last)],
    )
    return rows[0]!.starts
  }

  /** Stretches that were begun within this one are over too: all of it is done. */
  private end(first: Input, last: Input) {
    const { topic, partition } = first.message
    return this.pool.query(
      `DELETE FROM begun_batches WHERE topic = $1 AND partition = $2 AND first_offset >= $3 AND last_offset <= $4`,
      [topic, partition, offsetOf(first), offsetOf(last)],
    )
  }
}
