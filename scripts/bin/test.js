// `npm test`: installs and builds what is missing, then format, lint, types (the build) and every spec, from the
// fastest to the slowest. Ends with the counts over all specs. What needs no system runs side by side; after a stage
// that fails none is begun.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { SetupError, refuseOldNode, repo, setUp } from './setup.js'

const USAGE = `npm test [-- STAGE ...]

Stages: format, lint, unit, integration, end-to-end. All of them when none is named.`

const bin = (name) => path.join(repo, 'node_modules/.bin', name)
const counts = { passes: 0, failures: 0, pending: 0 }

/** The systems of the specs live for minutes: what the JVMs' second compiler takes then never comes back. */
const specEnv = { JDK_JAVA_OPTIONS: '-XX:TieredStopAtLevel=1', ...process.env }

/** Runs a command in the foreground. @returns true when it ended well */
function runs(command, args, env = process.env) {
  const child = spawn(command, args, { cwd: repo, env, stdio: ['ignore', 'inherit', 'inherit'] })
  const pass = (signal) => child.kill(signal)
  process.once('SIGTERM', pass)
  // Ctrl-C reaches the child by itself: it is in the same process group. We only wait for it.
  process.on('SIGINT', () => {})
  return new Promise((resolve) => {
    child.once('error', () => resolve(false))
    child.once('close', (code) => resolve(code === 0))
  })
}

async function specs(patterns, ...options) {
  const folder = mkdtempSync(path.join(tmpdir(), 'chorus-counts-'))
  const file = path.join(folder, 'counts.json')
  const reporter = path.join(repo, 'scripts/bin/counting-reporter.cjs')
  const args = [
    '--enable-source-maps',
    bin('mocha'),
    '--reporter',
    reporter,
    '--reporter-option',
    `counts=${file}`,
  ]
  try {
    const good = await runs(process.execPath, [...args, ...options, ...patterns], specEnv)
    const { passes, failures, pending } = JSON.parse(readFileSync(file, 'utf8'))
    counts.passes += passes
    counts.failures += failures
    counts.pending += pending
    return good && passes > 0
  } catch (error) {
    if (error.code === 'ENOENT') return false
    throw error
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const dist = ['contracts', 'infra/*', 'services/*', 'scripts'].map((folder) => `${folder}/dist/**`)
const unit = ['--ignore', '**/*.int.spec.js', '--ignore', '**/*.e2e.spec.js', '--timeout', '60000']
const endToEnd = ['--require', path.join(repo, 'scripts/dist/e2e/shared.js'), '--timeout', '60000']

const stages = {
  format: () => runs(bin('prettier'), ['--check', '--log-level', 'warn', '.']),
  lint: () => runs(bin('oxlint'), ['--type-aware', '--deny-warnings']),
  unit: () =>
    specs(
      dist.map((folder) => `${folder}/*.spec.js`),
      ...unit,
    ),
  integration: () =>
    specs(
      dist.map((folder) => `${folder}/*.int.spec.js`),
      '--timeout',
      '120000',
    ),
  'end-to-end': () =>
    specs(
      dist.map((folder) => `${folder}/*.e2e.spec.js`),
      ...endToEnd,
    ),
}

const sideBySide = [['format', 'lint', 'unit'], ['integration'], ['end-to-end']]

/** @returns true when the stage passed */
async function run(name) {
  const startedAt = Date.now()
  console.log(`\n== ${name}`)
  const good = await stages[name]()
  console.log(
    `\n== ${name} ${good ? 'passed' : 'FAILED'} after ${((Date.now() - startedAt) / 1000).toFixed(1)} s`,
  )
  return good
}

async function test(asked) {
  await setUp()
  for (const group of sideBySide) {
    const names = group.filter((name) => asked.length === 0 || asked.includes(name))
    const passed = await Promise.all(names.map(run))
    const failed = names.filter((_, i) => !passed[i])
    if (failed.length > 0) {
      console.log(`\nFAILED: ${failed.join(', ')}; the reason stands before "== ${failed[0]} FAILED"`)
      process.exitCode = 1
      break
    }
  }
  console.log(`\n${counts.passes} passed, ${counts.failures} failed, ${counts.pending} skipped`)
}

refuseOldNode()
const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in stages))
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(' ')}\n\n${USAGE}`)
  process.exitCode = 2
} else {
  await test(asked).catch((error) => {
    if (!(error instanceof SetupError)) throw error
    console.error(error.message)
    process.exitCode = 1
  })
}
