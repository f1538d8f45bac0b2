import { execa } from 'execa'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { checkMaven } from './checks.js'
import { Interrupted, StackError } from './errors.js'
import { startTimeOf } from './processes.js'

/** Kafka, Connect and the Debezium plugin, unpacked. */
export interface Jars {
  readonly folder: string
  /** The class path, in a fixed order, so that a shared class archive stays valid. */
  readonly classPath: string
  readonly plugins: string
}

/**
 * The jars that infra/kafka/pom.xml pins, fetched by Maven the first time, and the one that it compiles. The folder is
 * named after the content of the pom and its sources and appears only when complete; what Maven had already fetched is
 * not fetched again.
 * @param told receives how far the download is.
 * @throws StackError when Maven is missing or fails; Interrupted when called off.
 */
export async function resolveJars(
  repo: string,
  cache: string,
  told: (progress: string) => void,
  abort: AbortSignal,
): Promise<Jars> {
  const pom = path.join(repo, 'infra/kafka/pom.xml')
  const folder = path.join(cache, `kafka-${hashOf([pom, ...filesIn(path.join(repo, 'infra/kafka/src'))])}`)
  if (!existsSync(folder)) await fetchInto(folder, pom, told, abort)
  const libs = path.join(folder, 'libs')
  const classPath = readdirSync(libs)
    .sort()
    .map((jar) => path.join(libs, jar))
    .join(path.delimiter)
  return { folder, classPath, plugins: path.join(folder, 'plugins') }
}

const filesIn = (folder: string): string[] =>
  (readdirSync(folder, { recursive: true }) as string[])
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file).isFile())
    .sort()

function hashOf(files: readonly string[]): string {
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(file))
  return hash.digest('hex').slice(0, 12)
}

async function fetchInto(folder: string, pom: string, told: (progress: string) => void, abort: AbortSignal) {
  await checkMaven()
  mkdirSync(path.dirname(folder), { recursive: true })
  removeLeftOvers(folder)
  const part = `${folder}.part-${process.pid}`
  const progress = progressOf(told)
  const maven = execa(
    'mvn',
    ['-B', '-ntp', '-f', pom, `-Dout=${part}`, 'generate-resources'].filter((arg) => arg !== '-ntp'),
    {
      all: true,
      reject: false,
      stdin: 'ignore',
      detached: true,
      cancelSignal: abort,
      lines: true,
      buffer: true,
    },
  )
  maven.all.on('data', (chunk: Buffer) => progress(chunk.toString()))
  const { failed, all } = await maven
  if (abort.aborted || failed) rmSync(part, { recursive: true, force: true })
  if (abort.aborted) throw new Interrupted()
  if (failed) {
    const errors = all.filter((line) => line.includes('ERROR')).slice(0, 6)
    throw new StackError(
      'Kafka and Debezium could not be fetched',
      errors.join('\n  '),
      'npx chorus up (it goes on where it stopped)',
    )
  }
  if (existsSync(folder)) rmSync(part, { recursive: true })
  else renameSync(part, folder)
}

/** Counts files and bytes in Maven's output. */
export function progressOf(told: (progress: string) => void): (text: string) => void {
  const units: Record<string, number> = { B: 1e-6, kB: 1e-3, MB: 1, GB: 1e3 }
  let files = 0
  let megabytes = 0
  return (text) => {
    for (const [, size, unit] of text.matchAll(/Downloaded from [^\n]* \(([\d.]+) ([kMG]?B) at/g)) {
      files += 1
      megabytes += Number(size) * (units[unit ?? ''] ?? 0)
    }
    if (files > 0) told(`${files} files, ${megabytes.toFixed(0)} MB`)
  }
}

function removeLeftOvers(folder: string): void {
  const cache = path.dirname(folder)
  for (const name of readdirSync(cache)) {
    const pid = /^kafka-\w+\.part-(\d+)$/.exec(name)?.[1]
    if (pid !== undefined && startTimeOf(Number(pid)) === undefined)
      rmSync(path.join(cache, name), { recursive: true, force: true })
  }
}
