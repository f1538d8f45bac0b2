import { isAlive, readRun, type ProcessId } from '@chorus/stack'
import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const repo = path.resolve(import.meta.dirname, '../../..')
const chorusJs = path.join(repo, 'scripts/bin/chorus.js')
const home = mkdtempSync(path.join(tmpdir(), 'chorus-cli-'))
const env = {
  ...process.env,
  CHORUS_HOME: home,
  CHORUS_SERVICES_DIR: path.join(repo, 'infra/stack/fixtures/services'),
}

describe('the chorus command', function () {
  this.timeout(180_000)
  after(async () => {
    await chorus('down')
    rmSync(home, { recursive: true, force: true })
  })

  it('starts in the background, tells every part, and refuses a second launcher and a reset meanwhile', async () => {
    const up = await chorus('up', '--detach', '--free-ports')
    expect(up.code, up.text).to.equal(0)
    expect(up.text).to.match(/echo +http:\/\/127\.0\.0\.1:\d+/)
    const status = await chorus('status', '--json')
    expect(status.code).to.equal(0)
    const { parts, connectors } = JSON.parse(status.text) as {
      parts: { part: string }[]
      connectors: { state: string }[]
    }
    expect(parts.map(({ part }) => part)).to.include.members([
      'launcher',
      'postgres',
      'kafka',
      'connect',
      'echo',
    ])
    expect(connectors).to.deep.equal([{ connector: 'echo-outbox', up: true, state: 'RUNNING, task RUNNING' }])

    const again = await chorus('up')
    expect(again.code).to.equal(1)
    expect(again.text).to.contain('already runs').and.contain('To mend it: npx chorus down')
    expect((await chorus('up', '--detach')).code).to.equal(0)
    const reset = await chorus('reset', '--yes')
    expect(reset.code).to.equal(1)
    expect(reset.text).to.contain('Chorus is running')
  })

  it('shows logs, and which there are', async () => {
    const kafka = await chorus('logs', 'kafka', '-n', '1')
    expect(kafka.text.trim().split('\n')).to.have.lengthOf(1)
    const nothing = await chorus('logs', 'kafak')
    expect(nothing.code).to.equal(1)
    expect(nothing.text).to.match(/There are logs of: connect, echo, .*kafka, launcher, postgres\./)
  })

  it('clears up after a launcher that was killed, and starts again', async () => {
    const before = processes()
    process.kill(readRun(home)?.launcher.pid ?? 0, 'SIGKILL')
    await eventually(() => !isAlive(before[0] as ProcessId))
    const status = await chorus('status')
    expect(status.code).to.equal(1)
    expect(status.text).to.contain('The launcher was killed. To clean up: npx chorus down')
    const up = await chorus('up', '--detach', '--free-ports')
    expect(up.code, up.text).to.equal(0)
    const [, left = ''] = /was killed and left (.*): ending them/.exec(up.text) ?? []
    expect(left.split(', '), up.text).to.include.members(['connect', 'kafka', 'postgres', 'echo'])
    expect(before.filter(isAlive)).to.deep.equal([])
  })

  it('recovers when everything was killed at once', async () => {
    const before = processes()
    for (const { pid } of before) process.kill(pid, 'SIGKILL')
    await eventually(() => !before.some(isAlive))
    const up = await chorus('up', '--detach', '--free-ports')
    expect(up.code, up.text).to.equal(0)
  })

  it('stops everything and waits until it is gone', async () => {
    const before = processes()
    const down = await chorus('down')
    expect(down).to.deep.equal({ code: 0, text: 'Stopping ...\nStopped.\n' })
    expect(before.filter(isAlive)).to.deep.equal([])
    expect((await chorus('down')).text).to.equal('Nothing was running.\n')
  })

  it('stops what it had started when Ctrl-C comes during the start, and at once when it comes twice', async () => {
    for (const presses of [1, 2]) {
      const launcher = spawn(process.execPath, [chorusJs, 'up', '--free-ports'], { env, stdio: 'ignore' })
      await eventually(() => Object.keys(readRun(home)?.parts ?? {}).length >= 3)
      const started = processes()
      for (let press = 0; press < presses; press += 1) launcher.kill('SIGINT')
      await eventually(() => launcher.exitCode !== null)
      expect(launcher.exitCode).to.equal(0)
      expect(started.filter(isAlive)).to.deep.equal([])
      expect(readRun(home)).to.equal(undefined)
    }
  })

  it('asks before it deletes, and deletes only what it made', async () => {
    const asked = await chorus('reset')
    expect(asked.code).to.equal(1)
    expect(asked.text).to.contain('npx chorus reset --yes')
    expect((await chorus('reset', '--yes')).code).to.equal(0)
    for (const folder of ['data', 'keys', 'logs', 'run'])
      expect(existsSync(path.join(home, folder))).to.equal(false)
    expect(existsSync(home)).to.equal(true)
  })

  it('shows no stack trace unless asked', async () => {
    const wrong = { CHORUS_PORT_KAFKA: 'abc' }
    const quiet = await chorusWith(wrong, 'up')
    expect(quiet.code).to.equal(1)
    expect(quiet.text)
      .to.contain('CHORUS_PORT_KAFKA cannot be "abc"')
      .and.not.match(/^ +at /m)
    expect((await chorusWith(wrong, '--verbose', 'up')).text).to.match(/^ +at /m)
  })
})

function processes(): ProcessId[] {
  const run = readRun(home)
  if (!run) throw new Error('nothing runs')
  return [run.launcher, ...Object.values(run.parts)]
}

async function chorus(...args: string[]) {
  return await chorusWith({}, ...args)
}

async function chorusWith(
  more: Record<string, string>,
  ...args: string[]
): Promise<{ code: number | null; text: string }> {
  const child = spawn(process.execPath, [chorusJs, ...args], {
    env: { ...env, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, text }
}

async function eventually(probe: () => boolean, limitMs = 60_000): Promise<void> {
  const deadline = Date.now() + limitMs
  while (!probe()) {
    if (Date.now() > deadline) throw new Error('not in time')
    await wait(20)
  }
}
