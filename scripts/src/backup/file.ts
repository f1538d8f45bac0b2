import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { StackError } from '@chorus/stack'

/** The first line of a backup. The format of the file is described in docs/recover.md. */
export interface Header {
  format: 'chorus-backup/1'
  service: string
  /** By the database's clock: before anything that is not in the backup. */
  takenAt: string
  /** Names of the migrations, in their order: the schema. */
  migrations: string[]
  /** Where the consumer group stood, by `topic/partition`: what is before was handled. */
  offsets: Record<string, string>
}

/** The line before the rows of a table. */
export interface Section {
  table: string
  columns: string[]
}

/** The line after all tables: without it the file is not whole. */
export interface End {
  /** Rows by table. */
  rows: Record<string, number>
}

/** The line after the rows of a table; no row looks like it, for `COPY` doubles its backslashes. */
export const END_OF_ROWS = Buffer.from('\\.\n')

const NEWLINE = 0x0a

/** Lines of a file, each with its newline. Not readline: that also splits at characters that rows may hold. */
async function* linesOf(path: string): AsyncGenerator<Buffer, void, void> {
  const file = createReadStream(path)
  const text = createGunzip()
  file.on('error', (error) => text.destroy(error))
  let rest = Buffer.alloc(0)
  for await (const chunk of file.pipe(text)) {
    let data = Buffer.concat([rest, chunk as Buffer])
    for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE)) {
      yield data.subarray(0, end + 1)
      data = data.subarray(end + 1)
    }
    rest = data
  }
}

const notWhole = (path: string, why: string) =>
  new StackError(`${path} is no whole backup`, why, 'take another backup file; nothing was changed')

/** Told of what a backup holds, as it is read; the next part waits. */
export interface Visitor {
  header(header: Header): Promise<void>
  /** @param rows lines as `COPY … FROM STDIN` takes them, to be read to their end */
  section(section: Section, rows: AsyncGenerator<Buffer>): Promise<void>
}

async function* rowsOf(next: () => Promise<Buffer>, count: () => void): AsyncGenerator<Buffer> {
  for (let line = await next(); !line.equals(END_OF_ROWS); line = await next()) {
    count()
    yield line
  }
}

async function visit(next: () => Promise<Buffer>, visitor: Visitor): Promise<Record<string, number>> {
  const parse = async () => JSON.parse((await next()).toString()) as unknown
  const header = (await parse()) as Header
  if (header.format !== 'chorus-backup/1') throw new Error('it does not say that it is one')
  await visitor.header(header)
  const rows: Record<string, number> = {}
  for (let part = (await parse()) as Section | End; ; part = (await parse()) as Section | End) {
    if ('rows' in part) {
      if (JSON.stringify(part.rows) !== JSON.stringify(rows)) throw new Error('rows are missing')
      return rows
    }
    const { table } = part
    rows[table] = 0
    await visitor.section(
      part,
      rowsOf(next, () => rows[table]!++),
    )
  }
}

/**
 * Reads a backup from its beginning to its end, never more than some lines at a time.
 * @returns rows by table
 * @throws StackError when it is damaged or cut off, or what the visitor throws of that kind
 */
export async function readBackup(path: string, visitor: Visitor): Promise<Record<string, number>> {
  const lines = linesOf(path)
  const next = async () => {
    const { value } = await lines.next()
    if (!value) throw new Error('it ends too early')
    return value
  }
  try {
    return await visit(next, visitor)
  } catch (error) {
    throw error instanceof StackError ? error : notWhole(path, (error as Error).message)
  } finally {
    await lines.return()
  }
}
