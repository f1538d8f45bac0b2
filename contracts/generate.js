// Makes generated/ from events/**, examples/** and topology.json: types, strict and open validators, catalogues.
// Run by every build, so nothing generated can be stale; does nothing when generated/ is newer than its sources.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync, existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const out = join(here, 'generated')
const definitionsFile = join(here, 'definitions.schema.json')
const topologyFile = join(here, 'topology.json')
const examples = join(here, 'examples')

const schemaFiles = readdirSync(join(here, 'events'), { recursive: true })
  .filter((file) => file.endsWith('.schema.json'))
  .sort((a, b) => (a < b ? -1 : 1))
  .map((file) => join(here, 'events', file))

const exampleFiles = readdirSync(examples, { recursive: true })
  .filter((file) => file.endsWith('.json'))
  .sort((a, b) => (a < b ? -1 : 1))
  .map((file) => join(examples, file))

/** True when generated/ was made from exactly these files as they are now. */
function upToDate() {
  const stamp = join(out, 'sources.json')
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === sources()
}

function sources() {
  const files = [
    fileURLToPath(import.meta.url),
    definitionsFile,
    topologyFile,
    ...schemaFiles,
    ...exampleFiles,
  ]
  return JSON.stringify(files.map((file) => [file.slice(here.length + 1), statSync(file).mtimeMs]))
}

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'))

/** Puts each $ref's definition in its place, so that a published schema stands alone. */
function inlined(node, definitions) {
  if (Array.isArray(node)) return node.map((item) => inlined(item, definitions))
  if (node === null || typeof node !== 'object') return node
  const { $ref, ...rest } = node
  if ($ref === undefined)
    return Object.fromEntries(Object.entries(node).map(([k, v]) => [k, inlined(v, definitions)]))
  const name = $ref.split('#/$defs/')[1]
  if (definitions[name] === undefined) throw new Error(`unknown definition ${$ref}`)
  return { ...inlined(definitions[name], definitions), ...rest }
}

/** The same schema with every object closed: what a producer must keep to. */
function closed(node) {
  if (Array.isArray(node)) return node.map(closed)
  if (node === null || typeof node !== 'object') return node
  const copy = Object.fromEntries(Object.entries(node).map(([k, v]) => [k, closed(v)]))
  return node.type === 'object' && node.properties ? { ...copy, additionalProperties: false } : copy
}

function readContract(file, definitions) {
  const schema = inlined(readJson(file), definitions)
  const [, , , type, version] = schema.$id.split(':')
  const producer = basename(dirname(file))
  return { type, version: Number(version), producer, ...schema['x-chorus'], dataschema: schema.$id, schema }
}

/** The newest version of an event has the plain name; older ones say which they are. */
const nameOf = ({ type, version }, contracts) =>
  contracts.some((other) => other.type === type && other.version > version)
    ? `${type}V${version}Data`
    : `${type}Data`

async function typesOf(contracts) {
  const { compile } = await import('json-schema-to-typescript')
  const options = { bannerComment: '', additionalProperties: false, ignoreMinAndMaxItems: true }
  const named = contracts.map((contract) => ({ ...contract, name: nameOf(contract, contracts) }))
  const bodies = await Promise.all(
    named.map(({ name, schema }) => compile({ ...schema, title: name }, name, options)),
  )
  const newest = named.filter(({ type, name }) => name === `${type}Data`)
  const map = newest.map(({ type, name }) => `  ${type}: ${name}`).join('\n')
  return `${bodies.join('\n')}\n/** The data of each event type, in its newest version. */\nexport interface Events {\n${map}\n}\n`
}

const untitled = (node, top = true) => {
  if (Array.isArray(node)) return node.map((item) => untitled(item, false))
  if (node === null || typeof node !== 'object') return node
  return Object.fromEntries(
    Object.entries(node)
      .filter(([k, v]) => top || k !== 'title' || typeof v !== 'string')
      .map(([k, v]) => [k, untitled(v, false)]),
  )
}

async function validatorsOf(contracts) {
  const { Ajv2020 } = await import('ajv/dist/2020.js')
  const { default: addFormats } = await import('ajv-formats')
  const { default: standaloneCode } = await import('ajv/dist/standalone/index.js')
  const ajv = new Ajv2020({ code: { source: true }, strict: true, keywords: ['x-chorus'] })
  ;(addFormats.default ?? addFormats)(ajv)
  const refs = {}
  for (const { type, version, schema } of contracts) {
    const strict = { ...closed(schema), $id: `${schema.$id}:strict` }
    ajv.addSchema([schema, strict])
    refs[`open${type}V${version}`] = schema.$id
    refs[`strict${type}V${version}`] = strict.$id
  }
  return (standaloneCode.default ?? standaloneCode)(ajv, refs)
}

async function generate() {
  const definitions = readJson(definitionsFile).$defs
  const expanded = inlined(definitions, definitions)
  const contracts = schemaFiles
    .map((file) => readContract(file, expanded))
    .sort((a, b) => (a.type === b.type ? a.version - b.version : a.type < b.type ? -1 : 1))
  mkdirSync(out, { recursive: true })
  const write = (name, text) => writeFileSync(join(out, name), text)
  write('events.d.ts', await typesOf(contracts.map((c) => ({ ...c, schema: untitled(c.schema) }))))
  write('validators.cjs', await validatorsOf(contracts))
  write('validators.d.cts', 'declare const validators: Record<string, unknown>\nexport = validators\n')
  write('catalogue.cjs', `module.exports = ${JSON.stringify(contracts)}\n`)
  write('catalogue.d.cts', 'declare const catalogue: unknown\nexport = catalogue\n')
  write('topology.cjs', `module.exports = ${readFileSync(topologyFile, 'utf8')}`)
  write('topology.d.cts', 'declare const topology: unknown\nexport = topology\n')
  write('examples.cjs', `module.exports = ${JSON.stringify(exampleFiles.map(readJson))}\n`)
  write('examples.d.cts', 'declare const examples: unknown\nexport = examples\n')
  write('sources.json', sources())
}

if (!upToDate()) await generate()
