import { execa } from 'execa'
import { accessSync, constants, existsSync, statSync, statfsSync } from 'node:fs'
import path from 'node:path'
import { StackError } from './errors.js'

const leastDiskBytes = 2 * 1024 ** 3

/** @throws StackError when this Node is older than 20.19. */
export function checkNode(version: string = process.versions.node): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  throw new StackError(
    `Node ${version} is too old`,
    'Chorus needs Node 20.19 or newer.',
    'install Node 20.19 or newer',
  )
}

/** The major version in what `java -version` prints, or undefined. */
export function javaMajor(output: string): number | undefined {
  const found = /version "(?:1\.)?(\d+)/.exec(output)?.[1]
  return found === undefined ? undefined : Number(found)
}

/**
 * What `java -version` prints.
 * @throws StackError when there is no Java 17 or newer.
 */
export async function checkJava(): Promise<string> {
  const { all, failed } = await execa('java', ['-version'], { all: true, reject: false, timeout: 20_000 })
  const major = failed ? undefined : javaMajor(all ?? '')
  if (major !== undefined && major >= 17) return all ?? ''
  throw new StackError(
    major === undefined ? 'Java was not found' : `Java ${major} is too old`,
    'Kafka, Connect and Debezium need Java 17 or newer on the PATH.',
    'install a Java 17 runtime (Debian and Ubuntu: apt-get install openjdk-17-jre-headless)',
  )
}

/** @throws StackError when there is no Maven. */
export async function checkMaven(): Promise<void> {
  const { failed } = await execa('mvn', ['-v'], { reject: false, timeout: 30_000 })
  if (!failed) return
  throw new StackError(
    'Maven was not found',
    'It fetches Kafka and Debezium, once.',
    'install Maven (Debian and Ubuntu: apt-get install maven)',
  )
}

/** @throws StackError when the folder cannot be written or its disk has less than 2 GB left. */
export function checkFolder(folder: string): void {
  const there = nearest(folder)
  try {
    accessSync(there, constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new StackError(
      `${folder} cannot be written`,
      `${there} belongs to somebody else.`,
      'CHORUS_HOME=<a folder of yours> npx chorus up',
      { cause },
    )
  }
  const { bavail, bsize } = statfsSync(there)
  if (bavail * bsize >= leastDiskBytes) return
  throw new StackError(
    'The disk is nearly full',
    `${there} has ${Math.round((bavail * bsize) / 1024 ** 2)} MB left; Chorus wants 2048 MB.`,
    'make room, or CHORUS_HOME=<a folder on another disk> npx chorus up',
  )
}

/** The nearest parent of a path (or itself) that exists. */
export function nearest(folder: string): string {
  return existsSync(folder) ? folder : nearest(path.dirname(folder))
}

/** The first folder on the way to a path that a user without rights of its own may not enter, or undefined. */
export function closedParent(folder: string): string | undefined {
  const there = nearest(folder)
  const parents = path.dirname(there) === there ? undefined : closedParent(path.dirname(there))
  return parents ?? ((statSync(there).mode & 0o001) === 0 ? there : undefined)
}
