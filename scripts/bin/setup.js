// Brings a fresh clone to the point where dist/ can run. Plain JavaScript without dependencies: it runs
// before anything is installed.
import { spawn } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const repo = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')

/** Ends this process with a message when its Node is older than 20.19. */
export function refuseOldNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  console.error(
    `Node ${version} is too old: Chorus needs Node 20.19 or newer.\nTo mend it: install a newer Node`,
  )
  process.exit(1)
}

/**
 * Installs and builds what is missing or out of date.
 * @throws SetupError when a step fails.
 */
export async function setUp() {
  if (needsInstall())
    await step('Installing packages', npm(), ['ci', '--no-audit', '--no-fund', '--loglevel=error'], 'npm ci')
  const generator = path.join(repo, 'contracts/generate.js')
  if (existsSync(generator))
    await step('Generating contracts', process.execPath, [generator], 'npm run build')
  const compiler = path.join(repo, 'node_modules/typescript/bin/tsc')
  await step('Building', process.execPath, [compiler, '-b'], 'npm run build')
}

export class SetupError extends Error {}

function needsInstall() {
  const installed = path.join(repo, 'node_modules/.package-lock.json')
  return (
    !existsSync(installed) ||
    statSync(path.join(repo, 'package-lock.json')).mtimeMs > statSync(installed).mtimeMs
  )
}

// npm tells its scripts which npm runs them; that one works on every platform
function npm() {
  return process.env.npm_execpath?.endsWith('.js') ? process.env.npm_execpath : 'npm'
}

async function step(title, command, args, mend) {
  const startedAt = Date.now()
  process.stdout.write(`${title} ... `)
  const script = command.endsWith('.js')
  const child = spawn(script ? process.execPath : command, script ? [command, ...args] : args, {
    cwd: repo,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const how = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(code === 0 ? undefined : (signal ?? `exit code ${code}`)))
  })
  if (how === undefined) {
    console.log(`${((Date.now() - startedAt) / 1000).toFixed(1)} s`)
    return
  }
  throw new SetupError(`failed (${how})\n  ${shortened(output).join('\n  ')}\nTo mend it: ${mend}`)
}

// the reason stands at the beginning (npm) or at the end (compilers)
function shortened(output) {
  const lines = output.trimEnd().split('\n')
  return lines.length <= 30 ? lines : [...lines.slice(0, 15), '...', ...lines.slice(-15)]
}
