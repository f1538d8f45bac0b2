import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunFile } from '@chorus/stack'
import { pointsOf, type Point } from './points.js'

const CHORUS = fileURLToPath(new URL('../../bin/chorus.js', import.meta.url))
const ARMED = new URL('./armed.js', import.meta.url)
const SERVICE = 'payment'

interface Ended {
  code: number | null
  signal: string | null
  said: string
}

/** Runs `chorus recover`, with the probe in it when parameters for it are given. */
async function recover(run: RunFile, args: readonly string[], probe?: Record<string, string>) {
  const armed = probe ? ['--import', `${ARMED.href}?${new URLSearchParams(probe).toString()}`] : []
  const command = [...armed, CHORUS, 'recover', SERVICE, ...args, '--home', run.home]
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  return { code, signal, said } satisfies Ended
}

/** What a recovery of one service comes by. @throws Error when it fails */
export async function recoveryBoundaries(run: RunFile): Promise<Point[]> {
  const folder = mkdtempSync(join(tmpdir(), 'chorus-crossings-'))
  try {
    const file = join(folder, 'crossed.json')
    const { code, said } = await recover(run, ['--yes'], { file })
    if (code !== 0) throw new Error(`recover failed: ${said}`)
    return pointsOf('recover', JSON.parse(readFileSync(file, 'utf8')) as string[])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Ends a recovery at a point, does it again, and compares with what the topics say. @returns what is not as it should be */
export async function crashRecovery(run: RunFile, { point, nth }: Point): Promise<string[]> {
  const { signal, said } = await recover(run, ['--yes'], { point, nth: String(nth) })
  if (signal !== 'SIGKILL') return [`recover did not come to "${point}": ${said}`]
  const again = await recover(run, ['--yes'])
  if (again.code !== 0) return [`recover failed after it was ended: ${again.said}`]
  const verified = await recover(run, ['--verify'])
  return verified.code === 0 ? [] : [`the rows differ from what the topics say: ${verified.said}`]
}
