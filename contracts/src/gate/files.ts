import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { EVERY_SERVICE, idOf, type Contract, type Contracts, type Example, type Recorded } from './model.js'
import { canonical, type Schema } from './schema.js'

/** Where contracts are read from: the working files, or a commit. Paths are relative to the repository, with `/`. */
export interface Source {
  /** The JSON files in a folder and below it; none when there is no such folder. */
  list(folder: string): readonly string[]
  has(file: string): boolean
  read(file: string): string
}

/** What the files say; who consumes the events is not in them. */
export type Files = Pick<Contracts, 'current' | 'history' | 'examples'>

const ENVELOPE = 'contracts/envelope.schema.json'

/** The working files of a repository. @param root its folder */
export const workTree = (root: string): Source => ({
  list: (folder) => {
    const place = path.join(root, folder)
    const found = existsSync(place) ? readdirSync(place, { recursive: true, encoding: 'utf8' }) : []
    const files = found.filter((file) => file.endsWith('.json')).map((file) => file.split(path.sep).join('/'))
    return files.sort((a, b) => (a < b ? -1 : 1)).map((file) => `${folder}/${file}`)
  },
  has: (file) => existsSync(path.join(root, file)),
  read: (file) => readFileSync(path.join(root, file), 'utf8'),
})

/** Where the record of a contract is kept. */
export const historyFile = (contract: Pick<Contract, 'service' | 'name' | 'version'>): string =>
  `contracts/history/${idOf(contract)}.json`

/** Puts each reference's definition in its place. @throws Error for a reference that is not to a shared definition */
function inlined(node: unknown, definitions: Readonly<Record<string, unknown>>): unknown {
  if (Array.isArray(node)) return node.map((item) => inlined(item, definitions))
  if (node === null || typeof node !== 'object') return node
  const { $ref, ...rest } = node as Record<string, unknown>
  const own = Object.fromEntries(Object.entries(rest).map(([k, v]) => [k, inlined(v, definitions)]))
  if (typeof $ref !== 'string') return own
  const definition = definitions[$ref.split('#/$defs/')[1] ?? '']
  if (definition === undefined) throw new Error(`unknown definition ${$ref}`)
  return { ...(inlined(definition, definitions) as object), ...own }
}

function parsed<T>(source: Source, file: string): T {
  try {
    return JSON.parse(source.read(file)) as T
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

/** Type and version from a schema's `$id`: `urn:chorus:event:CouponUsed:1`. */
function named(schema: Schema | undefined, file: string): { type: string; version: number } {
  const [, type, version] = /^urn:chorus:[a-z]+:([A-Za-z]+):(\d+)$/.exec(schema?.$id ?? '') ?? []
  if (!type) throw new Error(`${file} has no $id like urn:chorus:event:CouponUsed:1`)
  return { type, version: Number(version) }
}

/** Service and name from a path below a folder of contracts: `<service>/<name>.v<N>...`. */
function placed(file: string, folder: string): { service: string; name: string } {
  const parts = file.slice(folder.length + 1).split('/')
  const name = parts.at(-1)!.split('.')[0]!
  return { service: parts.length > 1 ? parts[0]! : EVERY_SERVICE, name }
}

function currentIn(source: Source): Contract[] {
  const { $defs } = parsed<{ $defs: Record<string, unknown> }>(source, 'contracts/definitions.schema.json')
  const contractIn = (file: string, place: { service: string; name: string }): Contract => {
    const schema = canonical(inlined(parsed(source, file), $defs) as Schema)
    return { ...place, ...named(schema, file), schema }
  }
  const folder = 'contracts/events'
  const headers = { service: EVERY_SERVICE, name: 'envelope' }
  return [
    ...(source.has(ENVELOPE) ? [contractIn(ENVELOPE, headers)] : []),
    ...source.list(folder).map((file) => contractIn(file, placed(file, folder))),
  ]
}

function historyIn(source: Source): Recorded[] {
  const folder = 'contracts/history'
  return source.list(folder).map((file) => {
    const { revisions, examples } = parsed<Pick<Recorded, 'revisions' | 'examples'>>(source, file)
    return { ...placed(file, folder), ...named(revisions.at(-1), file), revisions, examples }
  })
}

function examplesIn(source: Source): Contracts['examples'] {
  const folder = 'contracts/examples'
  const examples: Record<string, Record<string, Example>> = {}
  for (const file of source.list(folder)) {
    const id = path.posix.dirname(file).slice(folder.length + 1)
    ;(examples[id] ??= {})[path.posix.basename(file, '.json')] = parsed<Example>(source, file)
  }
  return examples
}

/** Reads schemas, history and golden examples. @throws Error that names the file which is no contract */
export const readContracts = (source: Source): Files => ({
  current: currentIn(source),
  history: historyIn(source),
  examples: examplesIn(source),
})
