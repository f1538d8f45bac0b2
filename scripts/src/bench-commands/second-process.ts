import { spawn } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { once } from 'node:events'
import type { Rig } from './rig.js'

/** Starts one more process of a service, with the environment of the one that runs (Linux: from /proc). @returns what ends it */
export async function startSecond(rig: Rig, service: string): Promise<() => Promise<void>> {
  const { pid } = rig.run.parts[service]!
  const read = (name: string) => readFileSync(`/proc/${pid}/${name}`, 'utf8').split('\0').filter(Boolean)
  const env = Object.fromEntries(
    read('environ').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
  const [command, ...args] = read('cmdline')
  const child = spawn(command!, args, {
    cwd: readlinkSync(`/proc/${pid}/cwd`),
    env: { ...env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => chunk.includes('listening') && resolve())
    child.once('exit', () => reject(new Error(`a second ${service} ended at once`)))
  })
  return async () => {
    child.kill('SIGTERM')
    await ended
  }
}
